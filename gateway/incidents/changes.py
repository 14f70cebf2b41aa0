"""What goes into the incident service and what comes out of it: triggers, outcomes, changes, and their record. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

from gateway.audit.record import AuditEvent, Outcome
from gateway.incidents.state import Effect
from gateway.models import Incident, IncidentKind, IncidentState, Origin, Principal, SiteId


@dataclass(frozen=True, slots=True)
class Trigger:
    """A wish to open an incident.

    ``principal`` and ``address`` (who pressed, from where), ``key`` (the sender's name for its message) and
    ``time_off`` (seconds that the message's time is ahead of the gateway's, where that is too much) are for the record.
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
        """What the record says of it."""
        detail = {"kind": self.kind.value, **asdict(self.origin), "key": self.key}
        return detail if self.time_off is None else detail | {"time_off": self.time_off}


@dataclass(frozen=True, slots=True)
class TriggerOutcome:
    """``opened``: a new incident. ``alarm``: it is to sound, as a new one or anew. Neither: it was merged."""

    incident: Incident
    opened: bool
    alarm: bool


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """One committed change. ``previous_state`` is None for an incident that was not known before."""

    incident: Incident
    previous_state: IncidentState | None
    alarm: bool
    effect: Effect


def change_of(incident: Incident, previous: Incident | None, effect: Effect) -> IncidentChange:
    """The change from ``previous`` to ``incident``; it alarms when it is open and has an alarm more."""
    alarm = incident.state is IncidentState.OPEN and (previous is None or incident.alarms > previous.alarms)
    return IncidentChange(incident, previous.state if previous else None, alarm, effect)


def record_of(
    change: IncidentChange, principal: Principal | None, trigger: Trigger | None = None, address: str | None = None
) -> AuditEvent:
    """What the record says of a change. Who is named, if nobody signed in did it, is the trigger's sender."""
    incident = change.incident
    detail = {"kind": incident.kind.value} if trigger is None else trigger.detail()
    if change.effect is Effect.OPENED:
        detail["threat"] = incident.threat
    if change.effect is Effect.UNCONFIRMED:
        detail |= {"alarm": incident.alarms, "alarm_at": incident.last_alarm_at}
    return AuditEvent(
        kind="alarm_unconfirmed" if change.effect is Effect.UNCONFIRMED else f"incident_{change.effect}",
        principal=principal.id if principal else None,
        name=principal.name if principal else trigger.origin.by if trigger else None,
        role=principal.role if principal else None,
        site=incident.site_id,
        incident=incident.id,
        origin_address=address,
        detail=detail | {"ends_at": incident.ends_at},
    )


def record_of_refusal(trigger: Trigger, reason: str) -> AuditEvent:
    """What the record says of a trigger that was not accepted."""
    who = trigger.principal
    return AuditEvent(
        kind="trigger_refused",
        principal=who.id if who else None,
        name=who.name if who else trigger.origin.by,
        role=who.role if who else None,
        site=trigger.site_id,
        outcome=Outcome.REFUSED,
        reason=reason,
        origin_address=trigger.address,
        detail=trigger.detail(),
    )
