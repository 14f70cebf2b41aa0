"""Reads and writes audit records as database rows. Every function works within the caller's database session."""

import math
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.audit_event import AuditEvent, AuditRecord
from gateway.audit.kinds import Kind
from gateway.models import Role, SiteId
from gateway.storage.tables import AuditRow


def add(session: AsyncSession, record: AuditRecord) -> None:
    """Insert a record that is known to be new."""
    session.add(AuditRow(**_to_values(record)))


async def add_new(session: AsyncSession, records: Sequence[AuditRecord]) -> None:
    """Insert those of the records that are not there yet. A retry therefore enters nothing twice."""
    ids = [record.event_id for record in records]
    known = set(await session.scalars(select(AuditRow.event_id).where(AuditRow.event_id.in_(ids))))
    rows = {record.event_id: _to_values(record) for record in records if record.event_id not in known}
    if rows:
        await session.execute(insert(AuditRow), list(rows.values()))


async def newest(
    session: AsyncSession,
    since: float | None,
    until: float | None,
    limit: int,
    sites: Collection[SiteId] | None,
    piece_size: int,
) -> list[AuditRecord]:
    """Return the newest ``limit`` records with since <= at < until, oldest first.

    With ``sites``, return only records that name one of these schools. They are read ``piece_size`` at a time, because
    turning thousands of rows into records in one go would hold up the event loop, and alarms with it, for tenths of a
    second.
    """
    query = select(AuditRow).order_by(AuditRow.id.desc())
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if until is not None:
        query = query.where(AuditRow.at < until)
    if sites is not None:
        query = query.where(AuditRow.site_id.in_(sites))
    found, oldest = list[AuditRecord](), math.inf
    while len(found) < limit:
        piece = min(piece_size, limit - len(found))
        before = query if not found else query.where(AuditRow.id < oldest)
        rows = (await session.scalars(before.limit(piece))).all()
        found += map(_from_row, rows)
        if len(rows) < piece:
            break
        oldest = rows[-1].id
        session.expunge_all()
    return found[::-1]


def _to_values(record: AuditRecord) -> dict[str, Any]:
    event = record.event
    return {
        "event_id": record.event_id,
        "at": record.at,
        "utc_offset": record.utc_offset,
        "kind": event.kind.value,
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
        kind=Kind(row.kind),
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
