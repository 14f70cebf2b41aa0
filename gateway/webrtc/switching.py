"""Decides which stream a viewer has and which one it is waiting for, as a table. Pure: ``Distribution`` reports events
and carries out the commands.

::

    APART -- joined --> STEADY <----- the awaited keyframe arrives, or the present stream is kept after all --+
      ^                  |   |                                                                                |
      |                  |   +-- another suits the link better --> AWAITING (has one stream, awaits another) -+
    left, from           |                                            |                                       |
    every place          +-- its stream can no longer be sent ---+    | the same                              |
                                                                 v    v                                       |
                         UNPLAYABLE <-- nothing can be played -- DIVERTED (has nothing, awaits a stream) -----+

A viewer is sent at most one stream and awaits at most one. It leaves every stream that it has joined or awaited.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import NamedTuple

from gateway.models import StreamName
from gateway.transitions import follow


class Phase(StrEnum):
    """Names the phases. APART: not joined yet, or left. STEADY: it has its stream and awaits no other. AWAITING: it has
    a stream and awaits another. DIVERTED: it has none and awaits one. UNPLAYABLE: the camera sends nothing that was
    negotiated with this viewer."""

    APART = "apart"
    STEADY = "steady"
    AWAITING = "awaiting"
    DIVERTED = "diverted"
    UNPLAYABLE = "unplayable"


class Event(StrEnum):
    """Names the events that change a viewer's place.

    AIMED: another stream was chosen; the present one is sent until the next keyframe of the other. RETURNED: the
    present stream was chosen after all. DIVERTED: the present stream can no longer be sent, and another was chosen.
    STRANDED: the same, and the awaited stream was chosen. EXHAUSTED: no stream can be sent. ARRIVED: the awaited
    keyframe is there. HURRIED: the link cannot carry the present stream until then, so begin at the awaited stream's
    last keyframe. RENEWED: the present stream continues with another codec. LOST: the viewer needs the last keyframe
    and everything after it.
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
    """Names the commands about a stream. They are carried out in order.

    JOIN: send it from now on. AWAIT its next keyframe. LEAVE it, whether joined or awaited. SWITCH to it at the
    keyframe that has arrived. SWITCH_BACK to it at its last keyframe, which is kept. BEGIN with its kept pictures.
    BLANK: send nothing before a keyframe, and tell the viewer. CLOSE the session.
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
    """Names the stream in a row of the table: the viewer has it, awaits it, or the event brings it."""

    PRESENT = "present"
    AWAITED = "awaited"
    CHOSEN = "chosen"


class Place(NamedTuple):
    """Says where a viewer is in the table.

    ``present`` is the stream that it is sent, or was sent last. ``awaited`` is the one that it will be sent, or
    ``present`` if it is waiting for none.
    """

    phase: Phase
    present: StreamName
    awaited: StreamName


class Order(NamedTuple):
    """Pairs a command with its stream."""

    command: Command
    stream: StreamName


class Row(NamedTuple):
    """Describes one cell of the table: the next phase, its two streams, and the commands."""

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
        (_DIVERTED, Event.LOST): Row(_DIVERTED, _P, _A),  # it is already waiting for a keyframe
        (_DIVERTED, Event.LEFT): Row(_APART, _P, _P, ((_LEAVE, _A),)),
        (_UNPLAYABLE, Event.LEFT): Row(_APART, _P, _P, ((_LEAVE, _P), (_LEAVE, _A))),
    }
)


def advance(place: Place, event: Event, chosen: StreamName | None = None) -> tuple[Place, tuple[Order, ...]]:
    """Return the viewer's next place and the commands to carry out. Raises IllegalEvent."""
    row = follow(TABLE, place.phase, event)
    streams = {Which.PRESENT: place.present, Which.AWAITED: place.awaited, Which.CHOSEN: chosen or place.present}
    orders = tuple(Order(command, streams[which]) for command, which in row.orders)
    return Place(row.phase, streams[row.present], streams[row.awaited]), orders


def aim(place: Place, wish: StreamName) -> Event | None:
    """Return the event for choosing a playable stream, or None if that stream is already on its way."""
    if wish is place.awaited:
        return None
    return Event.RETURNED if wish is place.present else Event.AIMED


def divert(place: Place, choice: StreamName | None) -> Event:
    """Return the event for the next best choice when the present or awaited stream can no longer be sent."""
    if choice is None:
        return Event.EXHAUSTED
    if choice is place.present:
        return Event.RETURNED
    return Event.STRANDED if choice is place.awaited else Event.DIVERTED


def arrive(place: Place, stream: StreamName) -> Event:
    """Return the event for a keyframe of ``stream`` that the viewer was told about."""
    return Event.RENEWED if stream is place.present else Event.ARRIVED
