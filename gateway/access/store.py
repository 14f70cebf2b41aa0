"""Grants as rows. Every function works within the caller's session."""

from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import CameraId, CloseReason, Grant, GrantBasis, IncidentState, Role, SiteId
from gateway.storage.tables import GrantRow, IncidentRow


def to_values(grant: Grant) -> dict[str, Any]:
    """The columns of a grant that begins."""
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
    """A grant that begins, unless it is there already."""
    if await session.get(GrantRow, values["id"]) is None:
        await session.execute(insert(GrantRow).values(values))


async def write_end(session: AsyncSession, values: dict[str, Any]) -> None:
    """A grant that ends before its incident: its ``id``, the ``reason``, and when."""
    await end(session, values["id"], values["at"], values["reason"])


async def end(session: AsyncSession, grant_id: str, at: float, reason: str) -> None:
    """A grant that ends before its incident."""
    await session.execute(
        update(GrantRow)
        .where(GrantRow.id == grant_id, GrantRow.ended_at.is_(None))
        .values(ended_at=at, end_reason=reason)
    )


async def end_with_incidents(session: AsyncSession, now: float) -> None:
    """Enter the end of grants whose incident is over.

    They ended when that was committed: the incident's own row says so, and says it in one transaction with its end.
    This copies it, whenever there is something else to write.
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
    """All that have not ended."""
    rows = await session.scalars(select(GrantRow).where(GrantRow.ended_at.is_(None)))
    return [_from_row(row) for row in rows]


async def revoked(session: AsyncSession, since: float) -> list[tuple[Grant, float]]:
    """What was revoked under an incident that is still open, or since then; and when it was."""
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
