"""Says if the database takes writes, by writing. Cached, so that whoever asks often costs nothing."""

import asyncio

from sqlalchemy import text

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.storage.database import Database
from gateway.storage.turns import Urgency

GOOD_FOR = 5.0
"""Seconds for which an answer is given again."""

TABLES = ("sign_in_sessions", "incidents", "audit_records")


class Readiness:
    """Writes at most once in GOOD_FOR seconds, however many ask."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._failure: StorageError | None = None

    async def check(self) -> None:
        """Raises StorageError if the database cannot be read, or takes nothing."""
        async with self._lock:
            if self._clock.monotonic() - self._asked_at >= GOOD_FOR:
                self._failure = await self._try()
                self._asked_at = self._clock.monotonic()
        if self._failure is not None:
            raise self._failure

    async def _try(self) -> StorageError | None:
        try:
            async with self._database.session(Urgency.RECORD) as session:
                for table in TABLES:
                    await session.execute(text(f"SELECT 1 FROM {table} LIMIT 1"))  # noqa: S608  names of our own
                # A page of the file that nothing else uses: SQLite keeps this number for its users.
                now = int(self._clock.now()) & 0x7FFFFFFF
                await session.execute(text(f"PRAGMA user_version = {now}"))
        except StorageError as error:
            return error
        return None
