"""Which stream a viewer has, and which they wait for, as a table. Pure: ``Distribution`` tells it what happens and does
what it says.

::

    APART -- joined --> STEADY <----- the awaited keyframe arrives, or the own stream is kept after all -----+
      ^                  |   |                                                                              |
      |                  |   +-- another suits the link better --> AWAITING (has one stream, awaits another) +
    left, from           |                                            |                                     |
    every place          +-- what it has can be sent no more ----+    | the same                            |
                                                                 v    v                                     |
                         UNPLAYABLE <-- nothing can be played -- DIVERTED (has nothing, awaits a stream) ---+

A viewer is sent one stream at most, and awaits one at most; whatever it joins or awaits it leaves again.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import NamedTuple

from gateway.models import StreamName
from gateway.transitions import follow


class Phase(StrEnum):
    """APART: not joined yet, or left. UNPLAYABLE: the camera sends nothing that was agreed on with this viewer."""

    APART = "apart"
    STEADY = "steady"
    AWAITING = "awaiting"
    DIVERTED = "diverted"
    UNPLAYABLE = "unplayable"


class Event(StrEnum):
    """What happens.

    AIMED: another stream is chosen, and the present one is sent until the next keyframe of that one. RETURNED: the
    present one is chosen after all. DIVERTED: the present one can be sent no more, and another is chosen. STRANDED: the
    same, and the awaited one is chosen. EXHAUSTED: none can be sent. ARRIVED: the awaited keyframe is there. HURRIED:
    the link does not carry the present stream until then, and the awaited one has kept its last keyframe. RENEWED: the
    present stream goes on with another codec. LOST: the viewer needs the last keyframe and what followed it.
    """

    JOINED = "joined"
    AIMED = "aimed"
    RETURNED = "returned"
    DIVERTED = "diverted"
    STRANDED = "stranded"
    EXHAUSTED = "exhausted"
    ARRIVED = "arrived"
    HURRIED = "hurried"
    RENEWED = "renewed"
    LOST = "lost"
    LEFT = "left"


class Command(StrEnum):
    """What to do with a stream, in order.

    JOIN: send what it sends from now on. AWAIT its next keyframe. LEAVE it, whether joined or awaited. SWITCH to it at
    the keyframe that is there. SWITCH_BACK to it at the last keyframe, which it has kept. BEGIN with what it has kept.
    BLANK: send nothing before a keyframe, and say so. CLOSE the session.
    """

    JOIN = "join"
    AWAIT = "await"
    LEAVE = "leave"
    SWITCH = "switch"
    SWITCH_BACK = "switch_back"
    BEGIN = "begin"
    BLANK = "blank"
    CLOSE = "close"


class Which(Enum):
    """Names the stream that a row of the table is about: the viewer has it, awaits it, or the event brings it."""

    PRESENT = "present"
    AWAITED = "awaited"
    CHOSEN = "chosen"


class Place(NamedTuple):
    """Where a viewer stands: ``present`` is the stream that it is sent, or was sent last; ``awaited`` the one that it
    will be sent, ``present`` where that is none other."""

    phase: Phase
    present: StreamName
    awaited: StreamName


class Order(NamedTuple):
    """A command, and the stream that it is about."""

    command: Command
    stream: StreamName


class Row(NamedTuple):
    """One cell of the table: the next phase, its two streams, and what to do."""

    phase: Phase
    present: Which
    awaited: Which
    orders: tuple[tuple[Command, Which], ...] = ()


_P, _A, _C = Which
_APART, _STEADY, _AWAITING, _DIVERTED, _UNPLAYABLE = Phase
_JOIN, _AWAIT, _LEAVE, _SWITCH, _SWITCH_BACK, _BEGIN, _BLANK, _CLOSE = Command

TABLE: Mapping[tuple[Phase, Event], Row] = MappingProxyType(
    {
        (_APART, Event.JOINED): Row(_STEADY, _P, _P, ((_JOIN, _P), (_BEGIN, _P))),
        (_APART, Event.LEFT): Row(_APART, _P, _P),
        (_STEADY, Event.AIMED): Row(_AWAITING, _P, _C, ((_AWAIT, _C),)),
        (_STEADY, Event.DIVERTED): Row(_DIVERTED, _P, _C, ((_LEAVE, _P), (_AWAIT, _C), (_BLANK, _P))),
        (_STEADY, Event.EXHAUSTED): Row(_UNPLAYABLE, _P, _A, ((_CLOSE, _P),)),
        (_STEADY, Event.RENEWED): Row(_STEADY, _P, _P, ((_SWITCH, _P),)),
        (_STEADY, Event.LOST): Row(_STEADY, _P, _P, ((_BEGIN, _P),)),
        (_STEADY, Event.LEFT): Row(_APART, _P, _P, ((_LEAVE, _P),)),
        (_AWAITING, Event.AIMED): Row(_AWAITING, _P, _C, ((_LEAVE, _A), (_AWAIT, _C))),
        (_AWAITING, Event.RETURNED): Row(_STEADY, _P, _P, ((_LEAVE, _A),)),
        (_AWAITING, Event.DIVERTED): Row(_DIVERTED, _P, _C, ((_LEAVE, _P), (_LEAVE, _A), (_AWAIT, _C), (_BLANK, _P))),
        (_AWAITING, Event.STRANDED): Row(_DIVERTED, _P, _A, ((_LEAVE, _P), (_BLANK, _P))),
        (_AWAITING, Event.EXHAUSTED): Row(_UNPLAYABLE, _P, _A, ((_CLOSE, _P),)),
        (_AWAITING, Event.ARRIVED): Row(_STEADY, _A, _A, ((_LEAVE, _P), (_JOIN, _A), (_SWITCH, _A))),
        (_AWAITING, Event.HURRIED): Row(_STEADY, _A, _A, ((_LEAVE, _P), (_JOIN, _A), (_SWITCH_BACK, _A), (_BEGIN, _A))),
        (_AWAITING, Event.RENEWED): Row(_AWAITING, _P, _A, ((_SWITCH, _P),)),
        (_AWAITING, Event.LOST): Row(_AWAITING, _P, _A, ((_BEGIN, _P),)),
        (_AWAITING, Event.LEFT): Row(_APART, _P, _P, ((_LEAVE, _P), (_LEAVE, _A))),
        (_DIVERTED, Event.AIMED): Row(_DIVERTED, _P, _C, ((_LEAVE, _A), (_AWAIT, _C))),
        (_DIVERTED, Event.RETURNED): Row(_STEADY, _P, _P, ((_LEAVE, _A), (_JOIN, _P))),
        (_DIVERTED, Event.DIVERTED): Row(_DIVERTED, _P, _C, ((_LEAVE, _A), (_AWAIT, _C), (_BLANK, _P))),
        (_DIVERTED, Event.EXHAUSTED): Row(_UNPLAYABLE, _P, _A, ((_CLOSE, _P),)),
        (_DIVERTED, Event.ARRIVED): Row(_STEADY, _A, _A, ((_JOIN, _A), (_SWITCH, _A))),
        (_DIVERTED, Event.HURRIED): Row(_STEADY, _A, _A, ((_JOIN, _A), (_SWITCH_BACK, _A), (_BEGIN, _A))),
        (_DIVERTED, Event.LOST): Row(_DIVERTED, _P, _A),  # a keyframe is awaited anyway
        (_DIVERTED, Event.LEFT): Row(_APART, _P, _P, ((_LEAVE, _A),)),
        (_UNPLAYABLE, Event.LEFT): Row(_APART, _P, _P, ((_LEAVE, _P), (_LEAVE, _A))),
    }
)


def advance(place: Place, event: Event, chosen: StreamName | None = None) -> tuple[Place, tuple[Order, ...]]:
    """Return where the viewer stands next, and what to do. Raises IllegalEvent."""
    row = follow(TABLE, place.phase, event)
    streams = {Which.PRESENT: place.present, Which.AWAITED: place.awaited, Which.CHOSEN: chosen or place.present}
    orders = tuple(Order(command, streams[which]) for command, which in row.orders)
    return Place(row.phase, streams[row.present], streams[row.awaited]), orders


def aim(place: Place, wish: StreamName) -> Event | None:
    """Return the event that the wish for a stream is, which plays; None where it is under way already."""
    if wish is place.awaited:
        return None
    return Event.RETURNED if wish is place.present else Event.AIMED


def divert(place: Place, choice: StreamName | None) -> Event:
    """Return the event that the next best choice is, where the present or the awaited stream can be sent no more."""
    if choice is None:
        return Event.EXHAUSTED
    if choice is place.present:
        return Event.RETURNED
    return Event.STRANDED if choice is place.awaited else Event.DIVERTED


def arrive(place: Place, stream: StreamName) -> Event:
    """Return the event that a keyframe of ``stream`` is, of which the viewer is told."""
    return Event.RENEWED if stream is place.present else Event.ARRIVED
