"""Finds out whether the database accepts writes, by writing to it. The answer is cached, so asking again is free."""

import asyncio

from sqlalchemy import text

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.storage.database import Database
from gateway.storage.turns import Urgency

GOOD_FOR = 5.0
"""Seconds for which an answer is reused."""

TABLES = ("sign_in_sessions", "incidents", "audit_records")


class Readiness:
    """Writes at most once in GOOD_FOR seconds, no matter how many callers ask."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._failure: StorageError | None = None

    async def check(self) -> None:
        """Raise StorageError if the database cannot be read or accepts no writes."""
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
                    await session.execute(text(f"SELECT 1 FROM {table} LIMIT 1"))  # noqa: S608  our own names
                # SQLite reserves this number for applications, so writing it changes nothing else.
                now = int(self._clock.now()) & 0x7FFFFFFF
                await session.execute(text(f"PRAGMA user_version = {now}"))
        except StorageError as error:
            return error
        return None
