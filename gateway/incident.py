"""Defines incidents, with their triggers and acknowledgements, as frozen types that several packages use."""

from dataclasses import dataclass

from gateway.models import IncidentKind, IncidentState, Role, SiteId


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Says who has seen an alarm, and when.

    ``alarm`` is the number of the alarm that was the newest then, counted from 1. A later alarm must be acknowledged
    again. Numbers are compared, not times, since the clock may be set in between. ``confirms`` is True if, under the
    policy at that time, it meant that the police know.
    """

    principal_id: str
    name: str
    role: Role
    at: float
    alarm: int
    confirms: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Says where a trigger came from.

    ``room_id`` is a room of the floor plan. ``place`` has the sender's words for a room that is not in the plan.
    """

    trigger: str
    by: str
    room_id: str | None = None
    note: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedTrigger:
    """Describes a trigger that opened or joined an incident, and when.

    ``alarm`` is True if it sounded, and False if it was merged. ``key`` is the sender's own name for its message.
    """

    origin: Origin
    at: float
    alarm: bool
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """Describes one incident at one site. Times are steady seconds since 1970 (``clock``).

    ``origin`` is that of the newest trigger that sounded. ``triggers`` holds the newest triggers first, merged or not,
    up to a limit; the record has all of them. ``alarms`` counts the triggers that sounded, and ``repeats`` all triggers
    after the first. ``unconfirmed`` is the number of the newest alarm that was reported as not confirmed in time.
    ``threat`` is a sentence that says why the incident was opened. ``enrolled`` names the people who take part in a
    drill.
    """

    id: str
    site_id: SiteId
    kind: IncidentKind
    state: IncidentState
    origin: Origin
    opened_at: float
    ends_at: float
    alarms: int = 1
    last_alarm_at: float = 0.0
    repeats: int = 0
    triggers: tuple[ReceivedTrigger, ...] = ()
    unconfirmed: int = 0
    threat: str = ""
    warnings_sent: frozenset[int] = frozenset()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    enrolled: frozenset[str] = frozenset()
    closed_at: float | None = None
    closed_by: str | None = None
