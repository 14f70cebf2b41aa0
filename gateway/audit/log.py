"""The record, in the database; in a local spool while the database does not take it. Append only."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.record import AuditEvent, AuditRecord, hundredths, local_offset
from gateway.audit.spool import Spool
from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.metrics import Metrics
from gateway.models import Role
from gateway.storage.database import Database
from gateway.storage.tables import AuditRow

__all__ = ["AuditEvent", "AuditLog", "AuditRecord"]

logger = logging.getLogger(__name__)


class AuditLog:
    """Every access, refusal, trigger, acknowledgement and close.

    A failure of the store never reaches who appends: life safety over logging. It is counted
    (``record_failures``), logged once, and the record waits in the spool, by default beside the SQLite file.
    """

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, spool: Path | None = None) -> None:
        if spool is None:
            if database.path is None:
                raise ValueError("a database that is elsewhere needs a local file to spool records to")
            spool = database.path.with_name("audit-spool.jsonl")
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._spool = Spool(spool)
        self._spool_lock = asyncio.Lock()
        self._spooling = False

    @property
    def spooling(self) -> bool:
        """Whether records wait outside the database."""
        return self._spooling

    async def start(self) -> None:
        """Take in what an earlier run has left in the spool."""
        self._spooling = await asyncio.to_thread(self._spool.path.exists)
        await self._drain()

    async def append(self, event: AuditEvent) -> None:
        """Record, on disk on return. Raises nothing for a store that fails."""
        record = self.record(event)
        try:
            async with self._database.session() as session:
                self.add(session, record)
        except (StorageError, SQLAlchemyError) as error:
            await self.keep_aside([record], error)
        else:
            await self._drain()

    def append_in(self, session: AsyncSession, event: AuditEvent) -> None:
        """Record within the caller's transaction: on disk when that is, or not at all."""
        self.add(session, self.record(event))

    def record(self, event: AuditEvent) -> AuditRecord:
        """The event, dated now. For who has to try ``add`` more than once."""
        now = self._clock.now()
        return AuditRecord(event, secrets.token_hex(12), hundredths(now), local_offset(now))

    def add(self, session: AsyncSession, record: AuditRecord) -> None:
        """Put a dated record into the caller's transaction."""
        session.add(_to_row(record))

    async def keep_aside(self, records: Sequence[AuditRecord], error: Exception) -> None:
        """Spool records that the database has refused with ``error``. They enter it when it is back."""
        self._metrics.record_failures.inc(len(records))
        async with self._spool_lock:
            if not self._spooling:
                logger.error("the record is not taken by the database, spooling to %s: %s", self._spool.path, error)
            self._spooling = True
            try:
                await asyncio.to_thread(self._spool.append, list(records))
            except OSError:
                logger.exception("%d records are lost: the spool cannot be written either", len(records))

    async def read(
        self, since: float | None = None, until: float | None = None, limit: int = 1000
    ) -> list[AuditRecord]:
        """The newest ``limit`` records with since <= at < until (wall seconds), oldest first. Raises StorageError.

        Reading is itself recorded, by the caller, who knows for whom.
        """
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if since is not None:
            query = query.where(AuditRow.at >= since)
        if until is not None:
            query = query.where(AuditRow.at < until)
        async with self._database.reading() as session:
            return [_from_row(row) for row in reversed((await session.scalars(query)).all())]

    async def _drain(self) -> None:
        """Move the spool into the database, each record once, whatever happened between."""
        if not self._spooling:
            return
        async with self._spool_lock:
            try:
                records = await asyncio.to_thread(self._spool.read)
                async with self._database.session() as session:
                    for record in records:
                        known = select(AuditRow.id).where(AuditRow.event_id == record.event_id)
                        if (await session.scalars(known)).first() is None:
                            self.add(session, record)
                await asyncio.to_thread(self._spool.clear)
            except (StorageError, SQLAlchemyError, OSError) as error:
                logger.warning("the spool of records waits on: %s", error)
            else:
                self._spooling = False
                logger.info("the record is taken by the database again, %d from the spool", len(records))


def _to_row(record: AuditRecord) -> AuditRow:
    event = record.event
    return AuditRow(
        event_id=record.event_id,
        at=record.at,
        utc_offset=record.utc_offset,
        kind=event.kind,
        outcome=event.outcome,
        reason=event.reason,
        principal_id=event.principal,
        principal_name=event.name,
        role=event.role,
        site_id=event.site,
        camera_id=event.camera,
        incident_id=event.incident,
        origin_address=event.origin_address,
        detail=event.detail,
    )


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
