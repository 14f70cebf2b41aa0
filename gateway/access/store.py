"""Reads and writes grants as database rows. Every function works within the caller's database session."""

from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import CameraId, CloseReason, IncidentState, Role, SiteId
from gateway.permission import Grant, GrantBasis
from gateway.storage.tables import GrantRow, IncidentRow


def to_values(grant: Grant) -> dict[str, Any]:
    """Return the columns of a new grant."""
    return {
        "id": grant.id,
        "principal_id": grant.principal_id,
        "role": grant.role.value,
        "site_id": grant.site_id,
        "camera_ids": sorted(grant.camera_ids),
        "basis": grant.basis.value,
        "incident_id": grant.incident_id,
        "created_at": grant.created_at,
    }


async def write(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert a new grant, unless it is there already."""
    if await session.get(GrantRow, values["id"]) is None:
        await session.execute(insert(GrantRow).values(values))


async def write_end(session: AsyncSession, values: dict[str, Any]) -> None:
    """End a grant before its incident does. ``values`` has its ``id``, the ``reason``, and the time, ``at``."""
    await end(session, values["id"], values["at"], values["reason"])


async def end(session: AsyncSession, grant_id: str, at: float, reason: str) -> None:
    """End a grant before its incident does. A grant that has already ended keeps its first end."""
    await session.execute(
        update(GrantRow)
        .where(GrantRow.id == grant_id, GrantRow.ended_at.is_(None))
        .values(ended_at=at, end_reason=reason)
    )


async def end_with_incidents(session: AsyncSession, now: float) -> None:
    """Mark the grants of incidents that are over as ended.

    They ended when the incident's end was committed, as its own row shows. This only copies that end to the grants'
    rows, as part of some other write.
    """
    closed_at = select(IncidentRow.closed_at).where(IncidentRow.id == GrantRow.incident_id).scalar_subquery()
    over = select(IncidentRow.id).where(IncidentRow.state != IncidentState.OPEN.value)
    await session.execute(
        update(GrantRow)
        .where(GrantRow.ended_at.is_(None), GrantRow.incident_id.in_(over))
        .values(ended_at=func.coalesce(closed_at, now), end_reason=CloseReason.INCIDENT_ENDED.value)
        .execution_options(synchronize_session=False)
    )


async def living(session: AsyncSession) -> list[Grant]:
    """Return all grants that have not ended."""
    rows = await session.scalars(select(GrantRow).where(GrantRow.ended_at.is_(None)))
    return [_from_row(row) for row in rows]


async def revoked(session: AsyncSession, since: float) -> list[tuple[Grant, float]]:
    """Return revoked grants, each with the time of its revocation.

    These are all grants under incidents that are still open, and grants of standing access revoked after ``since``.
    """
    rows = await session.scalars(
        select(GrantRow)
        .outerjoin(IncidentRow, IncidentRow.id == GrantRow.incident_id)
        .where(
            GrantRow.end_reason == CloseReason.REVOKED.value,
            or_(
                IncidentRow.state == IncidentState.OPEN.value,
                and_(GrantRow.incident_id.is_(None), GrantRow.ended_at > since),
            ),
        )
    )
    return [(_from_row(row), row.ended_at) for row in rows if row.ended_at is not None]


def _from_row(row: GrantRow) -> Grant:
    return Grant(
        id=row.id,
        principal_id=row.principal_id,
        role=Role(row.role),
        site_id=SiteId(row.site_id),
        camera_ids=frozenset(CameraId(camera) for camera in row.camera_ids),
        basis=GrantBasis(row.basis),
        incident_id=row.incident_id,
        created_at=row.created_at,
    )
