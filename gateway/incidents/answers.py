"""Answers that were given to triggers, as far as the database tells: no alarm and no refusal depends on it."""

import logging
from typing import TypeVar

from gateway.errors import StorageError
from gateway.storage.database import Database
from gateway.storage.tables import Base

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Base)


async def find_answer(database: Database, table: type[Row], key: tuple[str, str]) -> Row | None:
    """Return what was kept under this key. A table that cannot be read stops no alarm: at worst it sounds twice."""
    try:
        async with database.reading(urgent=True) as session:
            return await session.get(table, key)
    except StorageError as error:
        logger.error("answers to triggers cannot be read: %s", error)  # noqa: TRY400  not our bug
        return None


async def keep_refusal(database: Database, row: Base) -> None:
    """Keep a refusal for who sends its trigger again. One that cannot be kept is a refusal all the same."""
    try:
        async with database.session() as session:
            session.add(row)
    except StorageError as error:
        logger.error("a refusal of a trigger cannot be kept: %s", error)  # noqa: TRY400  not our bug
