"""Defines the incident state machine: a table and the rules of docs/permission.md. Pure: time is an argument.

``advance`` applies one event to one incident. ``TABLE`` alone says which events are possible in which state.
``arbitration`` decides what a trigger does at a school where incidents may be open.

Where the contract leaves room, these rules apply:

- Each place has its own merge window (``alarms``). It starts at the last alarm of that place, and repeats do not move
  it. Twenty people who press in one room raise one alarm, and a press in another room sounds at once.
- If the police do not acknowledge an alarm in time, that is reported once per alarm. Nothing stops because of it.
- A drill and a test may be open at the same time, each with its own rights. A real incident ends both, and neither of
  them can begin while it is open.
- An extension moves the end, but at most to ``maximum_duration`` after the press. So access never outlives a person's
  last decision by more than that.
- The last warning always holds: from when it is sent, a real incident has that much time left. If its end passed while
  the gateway was down, a new warning is sent and the incident gets that time too, since nobody could extend it. A drill
  or test ends at once.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from gateway.configuration.incident_settings import IncidentSettings
from gateway.incident import Acknowledgement, Incident, ReceivedTrigger
from gateway.incidents.alarms import kept, overdue, sounds
from gateway.incidents.incident_events import (
    Acknowledge,
    AllClear,
    Effect,
    Event,
    Expire,
    Extend,
    Repeat,
    Resume,
    Supersede,
    Unconfirmed,
    Warn,
)
from gateway.models import IncidentKind, IncidentState
from gateway.transitions import follow

_OPEN, *_ENDED = IncidentState
# For every state and event, this gives the next state, or the effect of an event that arrives too late.
TABLE: Mapping[tuple[IncidentState, type[Event]], IncidentState | Effect] = MappingProxyType(
    {
        (_OPEN, Repeat): _OPEN,
        (_OPEN, Acknowledge): _OPEN,
        (_OPEN, Unconfirmed): _OPEN,
        (_OPEN, Warn): _OPEN,
        (_OPEN, Extend): _OPEN,
        (_OPEN, Resume): _OPEN,
        (_OPEN, AllClear): IncidentState.ALL_CLEAR,
        (_OPEN, Supersede): IncidentState.SUPERSEDED,
        (_OPEN, Expire): IncidentState.EXPIRED,
    }
    | {(state, event): Effect.REFUSED for state in _ENDED for event in (Repeat, Acknowledge, Extend)}
    | {
        (state, event): Effect.NOTHING
        for state in _ENDED
        for event in (Unconfirmed, Warn, AllClear, Supersede, Expire, Resume)
    }
)


def due(incident: Incident, now: float, rules: IncidentSettings) -> Warn | Expire | Unconfirmed | None:
    """Return the event that the time alone makes due, or None. A warning comes before the end."""
    if incident.state is not IncidentState.OPEN:
        return None
    if _may_expire(incident, now, rules):
        return Expire(now)
    if _warnings_due(incident, now, rules):
        return Warn(now)
    return Unconfirmed(now) if overdue(incident, now, rules.confirm_within) else None


def advance(incident: Incident, event: Event, rules: IncidentSettings) -> tuple[Incident, Effect]:
    """Apply ``event`` to ``incident``. With NOTHING, REFUSED and OVERTAKEN, the incident is returned unchanged."""
    following = follow(TABLE, incident.state, type(event))
    if isinstance(following, Effect):
        return incident, following
    match event:
        case Repeat():
            return _repeated(incident, event, rules)
        case Acknowledge():
            return _acknowledged(incident, event)
        case Unconfirmed() if not overdue(incident, event.at, rules.confirm_within):
            return incident, Effect.NOTHING
        case Unconfirmed():
            return replace(incident, unconfirmed=incident.alarms), Effect.UNCONFIRMED
        case Warn():
            return _warned(incident, event.at, rules)
        case Resume() if incident.kind is IncidentKind.REAL and event.at >= incident.ends_at:
            return _warned(replace(incident, warnings_sent=frozenset()), event.at, rules)
        case Resume():
            return incident, Effect.NOTHING
        case Extend():
            return _extended(incident, event.at, rules)
        case Expire() if not _may_expire(incident, event.at, rules):
            return incident, Effect.NOTHING
        case Expire():
            return replace(incident, state=following, closed_at=event.at), Effect.EXPIRED
        case AllClear(alarm=int() as seen) if seen < incident.alarms:
            return incident, Effect.OVERTAKEN
        case _:  # AllClear, Supersede
            ended = replace(incident, state=following, closed_at=event.at, closed_by=event.by)
            return ended, Effect(following.value)


def _repeated(incident: Incident, event: Repeat, rules: IncidentSettings) -> tuple[Incident, Effect]:
    alarm = sounds(incident, event.origin, event.at, rules.merge_window)
    trigger = ReceivedTrigger(event.origin, event.at, alarm, event.key)
    return replace(
        incident,
        origin=event.origin if alarm else incident.origin,
        triggers=kept((trigger, *incident.triggers)),
        repeats=incident.repeats + 1,
        enrolled=incident.enrolled | event.enrolled,
        alarms=incident.alarms + alarm,
        last_alarm_at=event.at if alarm else incident.last_alarm_at,
    ), Effect.ALARMED if alarm else Effect.MERGED


def _acknowledged(incident: Incident, event: Acknowledge) -> tuple[Incident, Effect]:
    """Note an acknowledgement, once per person and alarm. A later alarm must be acknowledged again.

    If a new alarm arrives while a press is on its way, the press counts for the alarm that its page showed.
    """
    who = event.principal
    alarm = incident.alarms if event.alarm is None else min(event.alarm, incident.alarms)
    earlier = {ack.principal_id: ack for ack in incident.acknowledgements}
    if who.id in earlier and earlier[who.id].alarm >= alarm:
        return incident, Effect.NOTHING
    earlier.pop(who.id, None)
    acknowledgement = Acknowledgement(who.id, who.name, who.role, event.at, alarm, event.confirms)
    return replace(incident, acknowledgements=(*earlier.values(), acknowledgement)), Effect.ACKNOWLEDGED


def _warned(incident: Incident, at: float, rules: IncidentSettings) -> tuple[Incident, Effect]:
    news = _warnings_due(incident, at, rules)
    if not news:
        return incident, Effect.NOTHING
    last = min(int(before) for before in rules.warn_before)
    ends_at = incident.ends_at
    if incident.kind is IncidentKind.REAL and last in news:
        ends_at = max(ends_at, at + last)
    return replace(incident, warnings_sent=incident.warnings_sent | news, ends_at=ends_at), Effect.WARNED


def _extended(incident: Incident, at: float, rules: IncidentSettings) -> tuple[Incident, Effect]:
    ends_at = max(incident.ends_at, min(incident.ends_at + rules.extension, at + rules.maximum_duration))
    if ends_at == incident.ends_at:
        return incident, Effect.NOTHING
    still_due = frozenset(before for before in incident.warnings_sent if at >= ends_at - before)
    return replace(incident, ends_at=ends_at, warnings_sent=still_due), Effect.EXTENDED


def _warnings_due(incident: Incident, now: float, rules: IncidentSettings) -> frozenset[int]:
    reached = {int(before) for before in rules.warn_before if now >= incident.ends_at - before}
    return frozenset(reached - incident.warnings_sent)


def _may_expire(incident: Incident, now: float, rules: IncidentSettings) -> bool:
    warned = incident.kind is not IncidentKind.REAL or not _warnings_due(incident, now, rules)
    return now >= incident.ends_at and warned
