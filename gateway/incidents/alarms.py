"""Decides which triggers sound, which stay with an incident, and whether the police know. Pure.

Times are compared by their distance in either direction. After the clock is set back, a trigger therefore sounds again
and an alarm counts as unheard: a wrong clock may make the gateway louder, but never silent.
"""

from gateway.incident import Incident, Origin, ReceivedTrigger

OPENED_BY_ALARM = 4
"""The number of cameras that pages open by themselves for each alarm."""
KEPT = 50
"""The most triggers that stay with an incident. Every change sends them to every page. The record has all of them."""


def place_of(origin: Origin) -> str | None:
    """Return the place that a trigger names: a room of the plan, or else the sender's words, or else None."""
    return origin.room_id or origin.place.casefold() or None


def sounds(incident: Incident, origin: Origin, at: float, window: float) -> bool:
    """Return True if a further trigger must sound, because its place has had no alarm within ``window`` seconds.

    A trigger that names no place sounds only if no place has had an alarm within the window.
    """
    place = place_of(origin)
    alarms = (one.at for one in incident.triggers if one.alarm and place in (None, place_of(one.origin)))
    return all(abs(at - alarm) >= window for alarm in alarms)


def kept(triggers: tuple[ReceivedTrigger, ...]) -> tuple[ReceivedTrigger, ...]:
    """Return ``triggers`` (newest first) without one of them if there are more than ``KEPT``. Call it for each trigger.

    The one removed is the oldest merged trigger that repeats another one, so a stuck button only displaces its own
    triggers. If there is none, it is the oldest merged trigger, or else the oldest of all.
    """
    if len(triggers) <= KEPT:
        return triggers
    said: set[Origin] = set()
    repeats, merged = [], []
    for index, trigger in enumerate(triggers):
        if not trigger.alarm:
            merged.append(index)
            if trigger.origin in said:
                repeats.append(index)
        said.add(trigger.origin)
    goes = (repeats or merged or [len(triggers) - 1])[-1]
    return (*triggers[:goes], *triggers[goes + 1 :])


def confirmed(incident: Incident) -> bool:
    """Return True if the police have acknowledged the newest alarm."""
    return any(ack.confirms and ack.alarm == incident.alarms for ack in incident.acknowledgements)


def overdue(incident: Incident, now: float, within: float) -> bool:
    """Return True if the newest alarm should have been confirmed by now, and that has not been reported yet."""
    late = abs(now - incident.last_alarm_at) >= within
    return late and incident.unconfirmed != incident.alarms and not confirmed(incident)
