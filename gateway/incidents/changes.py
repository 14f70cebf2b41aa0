"""Defines triggers, their outcomes and the changes of incidents, and makes the audit events of all three. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

from gateway.audit.audit_event import AuditEvent, Outcome
from gateway.audit.kinds import Kind
from gateway.incident import Incident, Origin
from gateway.incidents.incident_events import Effect
from gateway.models import IncidentKind, IncidentState, Principal, SiteId

_KINDS = {
    Effect.OPENED: Kind.INCIDENT_OPENED,
    Effect.ALARMED: Kind.INCIDENT_ALARMED,
    Effect.MERGED: Kind.INCIDENT_MERGED,
    Effect.ACKNOWLEDGED: Kind.INCIDENT_ACKNOWLEDGED,
    Effect.UNCONFIRMED: Kind.ALARM_UNCONFIRMED,
    Effect.WARNED: Kind.INCIDENT_WARNED,
    Effect.EXTENDED: Kind.INCIDENT_EXTENDED,
    Effect.ALL_CLEAR: Kind.INCIDENT_ALL_CLEAR,
    Effect.SUPERSEDED: Kind.INCIDENT_SUPERSEDED,
    Effect.EXPIRED: Kind.INCIDENT_EXPIRED,
}
"""The effects that change an incident. The others leave it as it is, and are not recorded."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Asks for an incident to be opened.

    For the record, ``principal`` and ``address`` say who pressed and from where, and ``key`` is the sender's own name
    for its message. ``time_off`` is set if the message's time is too far off: it is how many seconds it is ahead.
    """

    site_id: SiteId
    kind: IncidentKind
    origin: Origin
    enrolled: frozenset[str] = frozenset()
    key: str | None = None
    principal: Principal | None = None
    address: str | None = None
    time_off: float | None = None

    def detail(self) -> dict[str, Any]:
        """Return the fields that the record shows."""
        detail = {"kind": self.kind.value, **asdict(self.origin), "key": self.key}
        return detail if self.time_off is None else detail | {"time_off": self.time_off}


@dataclass(frozen=True, slots=True)
class TriggerOutcome:
    """Says what a trigger did. It opened an incident (``opened``), it sounds (``alarm``), or it was only merged."""

    incident: Incident
    opened: bool
    alarm: bool


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """Describes one change of an incident. ``previous_state`` is None for a new incident."""

    incident: Incident
    previous_state: IncidentState | None
    alarm: bool
    effect: Effect


def change_of(incident: Incident, previous: Incident | None, effect: Effect) -> IncidentChange:
    """Return the change from ``previous`` to ``incident``. It sounds if the incident is open and has one more alarm
    than before."""
    alarm = incident.state is IncidentState.OPEN and (previous is None or incident.alarms > previous.alarms)
    return IncidentChange(incident, previous.state if previous else None, alarm, effect)


def record_of(
    change: IncidentChange, principal: Principal | None, trigger: Trigger | None = None, address: str | None = None
) -> AuditEvent:
    """Return the audit event of a change. Without a ``principal``, it names the sender of the trigger."""
    incident = change.incident
    detail = {"kind": incident.kind.value} if trigger is None else trigger.detail()
    if change.effect is Effect.OPENED:
        detail["threat"] = incident.threat
    if change.effect is Effect.UNCONFIRMED:
        detail |= {"alarm": incident.alarms, "alarm_at": incident.last_alarm_at}
    return AuditEvent(
        kind=_KINDS[change.effect],
        principal=principal.id if principal else None,
        name=principal.name if principal else trigger.origin.by if trigger else None,
        role=principal.role if principal else None,
        site=incident.site_id,
        incident=incident.id,
        origin_address=address,
        detail=detail | {"ends_at": incident.ends_at},
    )


def record_of_refusal(trigger: Trigger, reason: str) -> AuditEvent:
    """Return the audit event of a trigger that was refused."""
    who = trigger.principal
    return AuditEvent(
        kind=Kind.TRIGGER_REFUSED,
        principal=who.id if who else None,
        name=who.name if who else trigger.origin.by,
        role=who.role if who else None,
        site=trigger.site_id,
        outcome=Outcome.REFUSED,
        reason=reason,
        origin_address=trigger.address,
        detail=trigger.detail(),
    )
