"""Which triggers sound, which are kept with an incident, and whether the police have heard. Pure; time is an argument.

Wall times are compared by their distance in either direction: after the clock was set back, a trigger sounds again
and an alarm counts as unheard. A wrong clock may make the gateway louder, never silent.
"""

from gateway.models import Incident, Origin, ReceivedTrigger

KEPT = 50
"""Triggers kept with an incident: each change sends them to every page. The record has all of them."""


def place_of(origin: Origin) -> str | None:
    """The place that a trigger names: a room of the plan, else the words that were said, else None."""
    return origin.room_id or origin.place.casefold() or None


def sounds(incident: Incident, origin: Origin, at: float, window: float) -> bool:
    """Return True if a further trigger is to sound: its place has not sounded within ``window`` seconds.

    A trigger that names no place is merged if anything has sounded within the window.
    """
    place = place_of(origin)
    alarms = (one.at for one in incident.triggers if one.alarm and place in (None, place_of(one.origin)))
    return all(abs(at - alarm) >= window for alarm in alarms)


def kept(triggers: tuple[ReceivedTrigger, ...]) -> tuple[ReceivedTrigger, ...]:
    """At most ``KEPT`` of ``triggers``, newest first; called for each trigger, so that one at most has to go.

    A stuck button pushes out its own repeats first, then the oldest that was merged goes, then the oldest of all.
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
    """Return True if somebody of the police has acknowledged the newest alarm."""
    return any(ack.confirms and ack.alarm == incident.alarms for ack in incident.acknowledgements)


def overdue(incident: Incident, now: float, within: float) -> bool:
    """Return True if the newest alarm should have been confirmed by now, and that has not been said yet."""
    late = abs(now - incident.last_alarm_at) >= within
    return late and incident.unconfirmed != incident.alarms and not confirmed(incident)
