"""The record, in the database; in a local spool while the database does not take it. Append only."""

import asyncio
import logging
import math
import secrets
from collections import deque
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.alike import Refusals
from gateway.audit.group import Group
from gateway.audit.record import AuditEvent, AuditRecord, Outcome, hundredths, local_offset
from gateway.audit.spool import SIZE, Spool
from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.metrics import Metrics
from gateway.models import Role, SiteId
from gateway.storage.database import Database
from gateway.storage.owed import Change, Within
from gateway.storage.tables import AuditRow
from gateway.storage.turns import Urgency

__all__ = ["AuditEvent", "AuditLog", "AuditRecord"]

logger = logging.getLogger(__name__)

PIECE = 100
"""Records in one commit. It takes some milliseconds, for which an alarm may have to wait."""

IN_MEMORY = 2000
"""Records kept in memory while no disk takes any."""

REFUSALS_SHARE = 4
"""Refusals may fill one part in so many of the spool. The rest is kept for what was seen."""

TICK = 1.0


class AuditLog:
    """Every access, refusal, trigger, acknowledgement and close.

    A failure of the store never reaches who appends: life safety over logging. It is counted
    (``record_failures``), logged once, and the record waits in the spool, by default beside the SQLite file, or in
    memory where the spool fails too. ``run`` belongs to the server's TaskGroup.
    """

    def __init__(
        self, database: Database, clock: Clock, metrics: Metrics, spool: Path | None = None, spool_size: int = SIZE
    ) -> None:
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._spool = Spool(spool or database.path.with_name("audit-spool.jsonl"), spool_size)
        self._spool_lock = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._spooling = False
        self._in_memory: deque[AuditRecord] = deque(maxlen=IN_MEMORY)
        self._refusals = Refusals()
        self._group = Group(self._commit, PIECE)

    @property
    def spooling(self) -> bool:
        """True while records wait outside the database."""
        return self._spooling

    async def start(self) -> None:
        """Give the spool its full size. What an earlier run has left in it waits for ``catch_up``."""
        try:
            await asyncio.to_thread(self._spool.prepare)
        except OSError as error:
            logger.error("the spool of records has no room kept for it: %s", error)  # noqa: TRY400  not our bug

    async def run(self) -> None:
        """Catch up again and again, until cancelled."""
        while True:
            await self._clock.sleep(TICK)
            await self.catch_up()

    async def catch_up(self) -> None:
        """Write what waits: counts of refusals that were alike, and what the database did not take before."""
        for event in self._refusals.due(self._clock.monotonic()):
            await self._group.put(self.record(event))
        try:
            if self._spooling or not await asyncio.to_thread(lambda: self._spool.empty):
                await self._drain()
        except (StorageError, SQLAlchemyError, OSError) as error:
            if not self._spooling:
                logger.warning("the spool of records waits on: %s", error)
            self._spooling = True

    async def finish(self) -> None:
        """Write what is still only counted, before the gateway stops."""
        for event in self._refusals.due():
            await self._group.put(self.record(event))

    async def append(self, event: AuditEvent) -> None:
        """Record, on disk on return. Raises nothing for a store that fails. Refusals that are alike are merged."""
        if self._refusals.recorded(event, self._clock.monotonic()):
            await self._group.put(self.record(event))

    def record(self, event: AuditEvent) -> AuditRecord:
        """The event, dated now by the machine's clock as it is set. For who has to try ``add`` more than once."""
        wall = self._clock.wall()
        told = event.by_wall(wall - self._clock.now())
        return AuditRecord(told, secrets.token_hex(12), hundredths(wall), local_offset(wall))

    def add(self, session: AsyncSession, record: AuditRecord) -> None:
        """Put a dated record into the caller's transaction."""
        session.add(AuditRow(**_to_values(record)))

    async def commit(
        self, changes: Sequence[Change], events: Sequence[AuditEvent], within: Within | None = None
    ) -> bool:
        """Put changes on disk with their records and with what ``within`` adds: all at once if the database takes it.

        Return False if no disk takes the changes now (``Owed.commit``): they hold all the same. A table of records that
        fails stops nothing: the changes are tried without them.
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
        """Spool records that the database has refused with ``error``. They enter it when it is back.

        Return whether they are on disk: else they are in memory, and a crash loses them.
        """
        self._metrics.record_failures.inc(len(records))
        if not self._spooling:
            logger.error("the record is not taken by the database, spooling to %s: %s", self._spool.path, error)
        self._spooling = True
        refused = [record for record in records if record.event.outcome == Outcome.REFUSED]
        kept = [record for record in records if record.event.outcome != Outcome.REFUSED]
        async with self._spool_lock:
            try:
                if kept:
                    await asyncio.to_thread(self._spool.append, kept)
            except OSError as failure:
                self._keep_in_memory(kept, failure)
                return False
            try:
                if refused:
                    await asyncio.to_thread(self._spool.append, refused, self._spool.size // REFUSALS_SHARE)
            except OSError:
                self._metrics.dropped.labels("refusal_records").inc(len(refused))
                return False
        return True

    def _keep_in_memory(self, records: Sequence[AuditRecord], failure: OSError) -> None:
        if not self._in_memory:
            logger.error("the spool takes no record either, they are kept in memory: %s", failure)
        lost = max(0, len(self._in_memory) + len(records) - IN_MEMORY)
        if lost:
            self._metrics.dropped.labels("records").inc(lost)
            logger.error("%d records are lost: neither database nor spool has taken any for long", lost)
        self._in_memory.extend(records)

    async def read(
        self,
        since: float | None = None,
        until: float | None = None,
        limit: int = 1000,
        sites: Collection[SiteId] | None = None,
    ) -> list[AuditRecord]:
        """The newest ``limit`` records with since <= at < until (wall seconds), oldest first. Raises StorageError.

        With ``sites`` those alone that name one of these schools: a record that names none is for readers of all.
        Reading is itself recorded, by the caller, who knows for whom.
        """
        query = select(AuditRow).order_by(AuditRow.id.desc())
        if since is not None:
            query = query.where(AuditRow.at >= since)
        if until is not None:
            query = query.where(AuditRow.at < until)
        if sites is not None:
            query = query.where(AuditRow.site_id.in_(sites))
        found, oldest = list[AuditRecord](), math.inf
        # To read thousands holds the loop for tenths of a second, alarms with it: so in pieces, and for one at a time.
        async with self._reading, self._database.reading() as session:
            while len(found) < limit:
                piece = min(PIECE, limit - len(found))
                before = query if not found else query.where(AuditRow.id < oldest)
                rows = (await session.scalars(before.limit(piece))).all()
                found += map(_from_row, rows)
                if len(rows) < piece:
                    break
                oldest = rows[-1].id
                session.expunge_all()
        return found[::-1]

    async def _commit(self, records: Sequence[AuditRecord]) -> None:
        """Put records into the database or, at once while that is known to fail, aside."""
        if self._spooling:
            await self.keep_aside(records, StorageError("it has failed before"))
            return
        try:
            await self._enter(records)
        except (StorageError, SQLAlchemyError) as error:
            await self.keep_aside(records, error)

    async def _enter(self, records: Sequence[AuditRecord]) -> None:
        """Put records into the database, each once, however often it is tried. Raises StorageError, SQLAlchemyError."""
        async with self._database.session(Urgency.RECORD) as session:
            ids = [record.event_id for record in records]
            known = set(await session.scalars(select(AuditRow.event_id).where(AuditRow.event_id.in_(ids))))
            rows = {record.event_id: _to_values(record) for record in records if record.event_id not in known}
            if rows:
                await session.execute(insert(AuditRow), list(rows.values()))

    async def _drain(self) -> None:
        """Move everything that waits into the database, in pieces, between which others have their turn.

        Raises StorageError, SQLAlchemyError, OSError: then it goes on waiting.
        """
        count = offset = 0
        while True:
            records, offset = await asyncio.to_thread(self._spool.read, offset, PIECE)
            if records:
                await self._enter(records)
            elif self._in_memory:
                records = list(self._in_memory)[:PIECE]
                await self._enter(records)
                for record in records:
                    if self._in_memory and self._in_memory[0] is record:
                        self._in_memory.popleft()
            else:
                async with self._spool_lock:
                    if not self._in_memory and await asyncio.to_thread(self._spool.clear, offset):
                        self._spooling = False
                        logger.info("the record is taken by the database again, %d had waited", count)
                        return
            count += len(records)


def _to_values(record: AuditRecord) -> dict[str, Any]:
    event = record.event
    return {
        "event_id": record.event_id,
        "at": record.at,
        "utc_offset": record.utc_offset,
        "kind": event.kind,
        "outcome": event.outcome,
        "reason": event.reason,
        "principal_id": event.principal,
        "principal_name": event.name,
        "role": event.role,
        "site_id": event.site,
        "camera_id": event.camera,
        "incident_id": event.incident,
        "origin_address": event.origin_address,
        "detail": event.detail,
    }


def _from_row(row: AuditRow) -> AuditRecord:
    event = AuditEvent(
        kind=row.kind,
        principal=row.principal_id,
        name=row.principal_name,
        role=None if row.role is None else Role(row.role),
        site=row.site_id,
        camera=row.camera_id,
        incident=row.incident_id,
        outcome=row.outcome,
        reason=row.reason,
        origin_address=row.origin_address,
        detail=row.detail,
    )
    return AuditRecord(event, row.event_id, row.at, row.utc_offset, row.id)
