"""Defines the events that can happen to an incident, and the effects that they can have (the table: ``state``).

Pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.incident import Origin
from gateway.models import Principal


class Effect(StrEnum):
    """Names the effect of an event.

    ``NOTHING`` means that there was nothing to change, ``REFUSED`` that the incident is over, and ``OVERTAKEN`` that
    there is a newer alarm, which the person who pressed had not seen.
    """

    OPENED = "opened"
    ALARMED = "alarmed"
    MERGED = "merged"
    ACKNOWLEDGED = "acknowledged"
    UNCONFIRMED = "unconfirmed"
    WARNED = "warned"
    EXTENDED = "extended"
    ALL_CLEAR = "all_clear"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    NOTHING = "nothing"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A further trigger of the same kind arrives."""

    at: float
    origin: Origin
    enrolled: frozenset[str] = frozenset()
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A person says that they have seen the alarm with this number, or the newest one.

    ``confirms`` says that this person belongs to the police, so that the police know.
    """

    at: float
    principal: Principal
    confirms: bool
    alarm: int | None = None


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Nobody from the police has acknowledged the newest alarm in time."""

    at: float


@dataclass(frozen=True, slots=True)
class Warn:
    """The end is near, and everybody who is watching is told."""

    at: float


@dataclass(frozen=True, slots=True)
class Extend:
    """Somebody from the police or the school extends the incident."""

    at: float


@dataclass(frozen=True, slots=True)
class AllClear:
    """A person whom the agreement names ends the incident.

    They have seen its alarms up to ``alarm``, or all of them.
    """

    at: float
    by: str
    alarm: int | None = None


@dataclass(frozen=True, slots=True)
class Supersede:
    """A real incident replaces this one."""

    at: float
    by: str


@dataclass(frozen=True, slots=True)
class Expire:
    """The incident's time is up."""

    at: float


@dataclass(frozen=True, slots=True)
class Resume:
    """The gateway is running again after it was down."""

    at: float


Event = Repeat | Acknowledge | Unconfirmed | Warn | Extend | AllClear | Supersede | Expire | Resume
