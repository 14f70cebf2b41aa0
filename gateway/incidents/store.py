"""Reads and writes incidents as database rows. Every function works within the caller's database session."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.incident import Acknowledgement, Incident, Origin, ReceivedTrigger
from gateway.models import IncidentKind, IncidentState, Role, SiteId
from gateway.storage.tables import IncidentRow


async def load(session: AsyncSession, recent: int) -> list[Incident]:
    """Return all open incidents and the newest ``recent`` of any state, oldest first."""
    newest = select(IncidentRow.id).order_by(IncidentRow.opened_at.desc()).limit(recent)
    query = (
        select(IncidentRow)
        .where((IncidentRow.state == IncidentState.OPEN.value) | IncidentRow.id.in_(newest.scalar_subquery()))
        .order_by(IncidentRow.opened_at)
    )
    return [from_row(row) for row in await session.scalars(query)]


async def find(session: AsyncSession, incident_id: str) -> Incident | None:
    """Return one incident in any state, or None."""
    row = await session.get(IncidentRow, incident_id)
    return None if row is None else from_row(row)


async def write(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert the incident, or overwrite its row. The row of an incident that is over is not changed."""
    known = await session.scalar(select(IncidentRow.state).where(IncidentRow.id == values["id"]))
    if known is None:
        await session.execute(insert(IncidentRow).values(values))
    elif known == IncidentState.OPEN.value:
        await session.execute(update(IncidentRow).where(IncidentRow.id == values["id"]).values(values))


def from_values(values: dict[str, Any]) -> Incident:
    """Return the incident from which ``to_values`` made these values."""
    return from_row(IncidentRow(**values))


def to_values(incident: Incident) -> dict[str, Any]:
    """Return the columns from which ``from_row`` restores the incident."""
    return {
        "id": incident.id,
        "site_id": incident.site_id,
        "kind": incident.kind.value,
        "state": incident.state.value,
        "trigger": incident.origin.trigger,
        "triggered_by": incident.origin.by,
        "room_id": incident.origin.room_id,
        "note": incident.origin.note,
        "place": incident.origin.place,
        "opened_at": incident.opened_at,
        "ends_at": incident.ends_at,
        "alarms": incident.alarms,
        "last_alarm_at": incident.last_alarm_at,
        "repeats": incident.repeats,
        "triggers": [_trigger_values(trigger) for trigger in incident.triggers],
        "unconfirmed": incident.unconfirmed,
        "threat": incident.threat,
        "warnings_sent": sorted(incident.warnings_sent),
        "acknowledgements": [asdict(acknowledgement) for acknowledgement in incident.acknowledgements],
        "enrolled": sorted(incident.enrolled),
        "closed_at": incident.closed_at,
        "closed_by": incident.closed_by,
    }


def from_row(row: IncidentRow) -> Incident:
    """Return the incident that is stored in a row."""
    return Incident(
        id=row.id,
        site_id=SiteId(row.site_id),
        kind=IncidentKind(row.kind),
        state=IncidentState(row.state),
        origin=Origin(row.trigger, row.triggered_by, row.room_id, row.note, row.place),
        opened_at=row.opened_at,
        ends_at=row.ends_at,
        alarms=row.alarms,
        last_alarm_at=row.last_alarm_at,
        repeats=row.repeats,
        triggers=tuple(_trigger_of(values) for values in row.triggers),
        unconfirmed=row.unconfirmed,
        threat=row.threat,
        warnings_sent=frozenset(row.warnings_sent),
        acknowledgements=tuple(_acknowledgement_of(values, row) for values in row.acknowledgements),
        enrolled=frozenset(row.enrolled),
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def _trigger_values(trigger: ReceivedTrigger) -> dict[str, Any]:
    return {**asdict(trigger.origin), "at": trigger.at, "alarm": trigger.alarm, "key": trigger.key}


def _trigger_of(values: dict[str, Any]) -> ReceivedTrigger:
    origin = Origin(values["trigger"], values["by"], values["room_id"], values["note"], values["place"])
    return ReceivedTrigger(origin, values["at"], values["alarm"], values["key"])


def _acknowledgement_of(values: dict[str, Any], row: IncidentRow) -> Acknowledgement:
    """Read an acknowledgement, even from rows of earlier versions.

    Rows of the first version have only its time. Those of the second do not say whether it confirms. At that time only
    coordinators and the police could acknowledge.
    """
    newest = values["at"] >= row.last_alarm_at
    alarm = values.get("alarm", row.alarms if newest else row.alarms - 1)
    confirms = values.get("confirms", values["role"] != Role.COORDINATOR.value)
    return Acknowledgement(values["principal_id"], values["name"], Role(values["role"]), values["at"], alarm, confirms)
