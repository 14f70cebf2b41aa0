"""Keeps the answers to triggers, if the database works. No alarm and no refusal depends on them."""

import logging
from typing import TypeVar

from gateway.errors import StorageError
from gateway.storage.database import Database
from gateway.storage.tables import Base

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Base)


async def find_answer(database: Database, table: type[Row], key: tuple[str, str]) -> Row | None:
    """Return the row with this key, or None. If the table cannot be read, no alarm is lost, but one may sound twice."""
    try:
        async with database.reading(urgent=True) as session:
            return await session.get(table, key)
    except StorageError as error:
        logger.error("the answers to earlier triggers cannot be read: %s", error)  # noqa: TRY400  not our bug
        return None


async def keep_refusal(database: Database, row: Base) -> None:
    """Keep a refusal, in case its trigger is sent again. If it cannot be kept, the trigger is refused all the same."""
    try:
        async with database.session() as session:
            session.add(row)
    except StorageError as error:
        logger.error("the refusal of a trigger could not be stored: %s", error)  # noqa: TRY400  not our bug
