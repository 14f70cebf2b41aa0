"""Deletes old answers to triggers, which nobody can request any more, a few at a time so that no alarm has to wait."""

import logging

from sqlalchemy import delete, select

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.incidents.triggers.timing import KEPT
from gateway.storage.database import Database
from gateway.storage.tables import ConsolePressRow, WebhookDeliveryRow

logger = logging.getLogger(__name__)

NEWEST = 10_000
"""The answers of each kind that are always kept: a clock that is wrongly set far ahead must not delete them all."""
AT_ONCE = 200
EVERY = 86_400.0
"""Seconds of gateway time between two runs."""


async def forget_for_ever(database: Database, clock: Clock) -> None:
    """Delete old answers once a day, starting after one day, until cancelled."""
    while True:
        await clock.sleep(EVERY)
        try:
            await forget(database, clock.now() - KEPT)
        except StorageError as error:
            logger.warning("old answers to triggers could not be deleted: %s", error)


async def forget(database: Database, before: float, newest: int = NEWEST) -> None:
    """Delete answers from before ``before`` (wall time), except the ``newest`` of each kind. Raises StorageError."""
    for row in (WebhookDeliveryRow, ConsolePressRow):
        at = row.received_at
        async with database.reading() as session:
            edge = (await session.scalars(select(at).order_by(at.desc()).offset(newest).limit(1))).first()
        while edge is not None:
            async with database.session() as session:
                old = select(at).where(at <= edge, at < before).order_by(at).limit(AT_ONCE)
                piece = (await session.scalars(old)).all()
                if not piece:
                    break
                await session.execute(delete(row).where(at <= piece[-1]))
