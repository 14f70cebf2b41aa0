"""Keeps the record in the database, or beside it while the database accepts no writes. No entry is ever changed."""

import asyncio
import logging
import secrets
from collections.abc import Collection, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit import store
from gateway.audit.alike import Refusals
from gateway.audit.audit_event import AuditEvent, AuditRecord, hundredths, local_offset
from gateway.audit.group import Group
from gateway.audit.set_aside import SetAside
from gateway.audit.spool import SIZE, Spool
from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.metrics import Metrics
from gateway.models import SiteId
from gateway.storage.change import Change, Within
from gateway.storage.database import Database
from gateway.storage.turns import Urgency

__all__ = ["AuditEvent", "AuditLog", "AuditRecord"]

logger = logging.getLogger(__name__)

PIECE = 100
"""The maximum number of records per commit. A commit takes a few milliseconds, and an alarm may have to wait for it."""

TICK = 1.0


class AuditLog:
    """Records every access, refusal, trigger, acknowledgement and close.

    Life safety comes before logging, so a caller of ``append`` never sees the database fail. If it fails, the record
    waits in the spool, which by default is beside the SQLite file (``set_aside``). ``run`` belongs to the server's
    TaskGroup.
    """

    def __init__(
        self, database: Database, clock: Clock, metrics: Metrics, spool: Path | None = None, spool_size: int = SIZE
    ) -> None:
        self._database = database
        self._clock = clock
        self._aside = SetAside(Spool(spool or database.path.with_name("audit-spool.jsonl"), spool_size), metrics)
        self._reading = asyncio.Lock()
        self._refusals = Refusals()
        self._group = Group(self._commit, PIECE)

    @property
    def spooling(self) -> bool:
        """True while records wait outside the database."""
        return self._aside.in_use

    async def start(self) -> None:
        """Give the spool its full size. Records that an earlier run left in it wait for ``catch_up``."""
        await self._aside.prepare()

    async def run(self) -> None:
        """Catch up repeatedly, until cancelled."""
        while True:
            await self._clock.sleep(TICK)
            await self.catch_up()

    async def catch_up(self) -> None:
        """Write what is waiting: counts of repeated refusals, records of requests that were cut off, and records that
        the database did not accept before."""
        for event in self._refusals.due(self._clock.monotonic()):
            await self._group.put(self.record(event))
        await self._group.flush()
        try:
            if not await self._aside.is_empty():
                await self._aside.drain(self._enter, PIECE)
        except (StorageError, SQLAlchemyError, OSError) as error:
            if not self._aside.in_use:
                logger.warning("records from an earlier run stay in the spool for now: %s", error)
            self._aside.in_use = True

    async def finish(self) -> None:
        """Write what is left: the counts of repeated refusals, and the records of requests that were cut off. Call it
        before the gateway stops."""
        for event in self._refusals.due():
            await self._group.put(self.record(event))
        await self._group.flush()

    async def append(self, event: AuditEvent) -> None:
        """Record an event. Repeated refusals are merged (``alike``).

        The record is on disk on return, unless no disk works. Even then, nothing is raised.
        """
        if self._refusals.recorded(event, self._clock.monotonic()):
            await self._group.put(self.record(event))

    def record(self, event: AuditEvent) -> AuditRecord:
        """Return a record of the event, dated now by the machine's clock. A caller may ``add`` it more than once."""
        wall = self._clock.wall()
        told = event.by_wall(wall - self._clock.now())
        return AuditRecord(told, secrets.token_hex(12), hundredths(wall), local_offset(wall))

    def add(self, session: AsyncSession, record: AuditRecord) -> None:
        """Put a dated record into the caller's transaction."""
        store.add(session, record)

    async def commit(
        self, changes: Sequence[Change], events: Sequence[AuditEvent], within: Within | None = None
    ) -> bool:
        """Write changes, their records and whatever ``within`` adds, in one transaction if possible.

        If only the records cannot be written, the changes are tried without them. Return False if the changes cannot be
        written to any disk now (``Owed.commit``). They take effect all the same.
        """
        records = [self.record(event) for event in events]

        async def with_records(session: AsyncSession) -> None:
            for record in records:
                self.add(session, record)
            if within is not None:
                await within(session)

        owed = self._database.owed
        failure = StorageError("it has failed before")
        if not owed.failing:
            try:
                await owed.enter(changes, with_records)
            except StorageError as error:
                failure = error
            else:
                return True
        on_disk = await owed.commit(changes, within)
        await self.keep_aside(records, failure)
        return on_disk

    async def keep_aside(self, records: Sequence[AuditRecord], error: Exception) -> bool:
        """Keep records that the database has refused with ``error``. They enter it once it works again.

        Return True if they are on disk. If not, they are in memory, and a crash loses them.
        """
        return await self._aside.keep(records, error)

    async def read(
        self,
        since: float | None = None,
        until: float | None = None,
        limit: int = 1000,
        sites: Collection[SiteId] | None = None,
    ) -> list[AuditRecord]:
        """Return the newest ``limit`` records with since <= at < until (wall seconds), oldest first.

        With ``sites``, return only records that name one of these schools. Records that name no school are for readers
        who may read about all schools. The caller must record the reading, as it knows the reader. Raises StorageError.
        """
        # Allow one reader at a time, so that many readers cannot hold up the event loop.
        async with self._reading, self._database.reading() as session:
            return await store.newest(session, since, until, limit, sites, PIECE)

    async def _commit(self, records: Sequence[AuditRecord]) -> None:
        """Write records into the database. If that fails, or is known to fail, set them aside."""
        if self._aside.in_use:
            await self.keep_aside(records, StorageError("it has failed before"))
            return
        try:
            await self._enter(records)
        except (StorageError, SQLAlchemyError) as error:
            await self.keep_aside(records, error)

    async def _enter(self, records: Sequence[AuditRecord]) -> None:
        """Write records into the database, except those already there. Raises StorageError, SQLAlchemyError."""
        async with self._database.session(Urgency.RECORD) as session:
            await store.add_new(session, records)
