"""Decides whether a trigger opens an incident at its school, joins one, or is refused. Pure; time is an argument.

``arbitrate`` and ``supersedes`` are the rules of docs/permission.md. ``decide`` applies them to the known incidents.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.configuration.incident_settings import IncidentSettings
from gateway.errors import Conflict
from gateway.incident import Incident, ReceivedTrigger
from gateway.incidents.changes import IncidentChange, Trigger, TriggerOutcome, change_of
from gateway.incidents.incident_events import Effect, Repeat, Supersede
from gateway.incidents.state import advance
from gateway.models import IncidentKind, IncidentState


class RealIncidentOpen(Conflict):
    """Refuses a drill or test because a real incident is open."""

    def __init__(self, kind: IncidentKind) -> None:
        words = f"A real incident is open at this school: no {kind} can begin before all clear."
        super().__init__("real_incident_open", words)


class Arbitration(StrEnum):
    """Names the three outcomes of a trigger. ``OPEN`` also ends the incidents that it ``supersedes``."""

    OPEN = "open"
    JOIN = "join"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Decision:
    """Holds the outcome of a trigger and its ``changes``. A trigger that was received before changes nothing."""

    outcome: TriggerOutcome
    changes: tuple[IncidentChange, ...]


def arbitrate(kind: IncidentKind, open_kinds: Collection[IncidentKind]) -> Arbitration:
    """Decide on a trigger of ``kind`` at a site where incidents of ``open_kinds`` are open."""
    if kind in open_kinds:
        return Arbitration.JOIN
    if IncidentKind.REAL in open_kinds:
        return Arbitration.REFUSE
    return Arbitration.OPEN


def supersedes(kind: IncidentKind, other: IncidentKind) -> bool:
    """Return True if opening an incident of ``kind`` ends an open one of ``other`` kind."""
    return kind is IncidentKind.REAL and other is not IncidentKind.REAL


def decide(
    trigger: Trigger, known: Sequence[Incident], now: float, rules: IncidentSettings, new_id: str, threat: str
) -> Decision | RealIncidentOpen:
    """Decide on a trigger. A refusal is returned, not raised, so that the caller can record it first.

    ``known`` holds the incidents that are open or have ended recently, oldest first. ``now`` is in seconds.
    ``new_id`` and ``threat`` (one sentence) are for the incident that the trigger may open.
    """
    again = _received(trigger, known)
    if again is not None:
        return Decision(again, ())
    here = [one for one in known if one.state is IncidentState.OPEN and one.site_id == trigger.site_id]
    changes: tuple[IncidentChange, ...]
    match arbitrate(trigger.kind, {incident.kind for incident in here}):
        case Arbitration.REFUSE:
            return RealIncidentOpen(trigger.kind)
        case Arbitration.JOIN:
            changes = (_join(trigger, here, now, rules),)
        case Arbitration.OPEN:
            # The new incident comes first, so that viewers of the drill learn about it before the drill ends.
            changes = (_open(trigger, now, rules, new_id, threat), *_superseded(trigger, here, now, rules))
    first = changes[0]
    return Decision(TriggerOutcome(first.incident, first.previous_state is None, first.alarm), changes)


def _received(trigger: Trigger, known: Sequence[Incident]) -> TriggerOutcome | None:
    """Return what the same trigger did before, or None.

    Senders repeat triggers, and the database may have lost the earlier answer.
    """
    if trigger.key is None:
        return None
    for incident in known:
        for number, received in enumerate(reversed(incident.triggers)):
            same = received.key == trigger.key and received.origin.by == trigger.origin.by
            if same and incident.site_id == trigger.site_id:
                return TriggerOutcome(incident, opened=number == 0, alarm=received.alarm)
    return None


def _join(trigger: Trigger, here: Sequence[Incident], now: float, rules: IncidentSettings) -> IncidentChange:
    known = next(incident for incident in here if incident.kind is trigger.kind)
    incident, effect = advance(known, Repeat(now, trigger.origin, trigger.enrolled, trigger.key), rules)
    return change_of(incident, known, effect)


def _open(trigger: Trigger, now: float, rules: IncidentSettings, new_id: str, threat: str) -> IncidentChange:
    incident = Incident(
        id=new_id,
        site_id=trigger.site_id,
        kind=trigger.kind,
        state=IncidentState.OPEN,
        origin=trigger.origin,
        opened_at=now,
        ends_at=now + rules.maximum_duration,
        last_alarm_at=now,
        triggers=(ReceivedTrigger(trigger.origin, now, alarm=True, key=trigger.key),),
        threat=threat,
        enrolled=trigger.enrolled,
    )
    return change_of(incident, None, Effect.OPENED)


def _superseded(
    trigger: Trigger, here: Sequence[Incident], now: float, rules: IncidentSettings
) -> tuple[IncidentChange, ...]:
    ended = [incident for incident in here if supersedes(trigger.kind, incident.kind)]
    by = Supersede(now, trigger.origin.by)
    return tuple(change_of(after, before, effect) for before in ended for after, effect in [advance(before, by, rules)])
