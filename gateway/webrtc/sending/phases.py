"""Defines the phases of one viewer's delivery, as a table. Pure: ``Feed`` reports events and carries out the commands.

::

    AWAITING_KEYFRAME --- a keyframe --> FLOWING <-- all of it is sent --- PACED <--+
            ^                               |                              ^  |     | a newer keyframe
            |                               +-------- a large picture -----+  |     |
            |                                                                 | one comes too late
     what is on its way                                                       v     |
        has arrived                                                          CUT ---+
            |                                                                 |
         DRAINING <-- so much is on its way that it comes late      GIVEN_UP <+ its rest is sent, or is dropped

A picture is sent only if every picture since its keyframe was sent whole. So every phase in which pictures are missing
ends with a keyframe, or with a burst, which begins with one.

``WAITING`` derives from the phase what the viewer is told. Knowledge about the link is not a phase: until the first
burst has been answered, nothing more is sent in PACED and CUT. At other times, only their pace holds packets back.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from gateway.transitions import follow

Waiting = Literal["", "keyframe", "link"]


class Phase(StrEnum):
    """Names the phases. AWAITING_KEYFRAME: nothing is waiting, and nothing is sent before a keyframe. GIVEN_UP: the
    same, because the link was too slow. FLOWING: pictures are sent as they arrive. PACED: some pictures wait for their
    turn. CUT: waiting pictures are still sent, but a later one was dropped. DRAINING: nothing is sent until everything
    on its way has arrived.
    """

    AWAITING_KEYFRAME = "awaiting_keyframe"
    FLOWING = "flowing"
    PACED = "paced"
    CUT = "cut"
    GIVEN_UP = "given_up"
    DRAINING = "draining"


class Event(StrEnum):
    """Names the events of a delivery.

    A picture has arrived: it may go out at once, must wait for its turn (``LARGE``), or would be too old by then
    (``LATE``). A burst has arrived: a kept keyframe and everything after it.

    SWITCHED: another stream is sent from now on. EMPTIED: everything that was waiting has been sent. REFUSED: the
    socket accepted no more. TOO_SLOW: the link cannot carry what is waiting. QUEUED: so much is on its way that it
    arrives late. THROUGH: all of that has arrived.

    The viewer asks for a new picture. LOST: it has lost something. BEHIND: there are newer pictures than it was sent.
    UNSHOWN: neither is apparent, so it would only be sent back to pictures that it already had.
    """

    PICTURE = "picture"
    KEYFRAME = "keyframe"
    LARGE_PICTURE = "large_picture"
    LARGE_KEYFRAME = "large_keyframe"
    LATE_PICTURE = "late_picture"
    LATE_KEYFRAME = "late_keyframe"
    BURST = "burst"
    LATE_BURST = "late_burst"
    NO_BURST = "no_burst"
    SWITCHED = "switched"
    EMPTIED = "emptied"
    REFUSED = "refused"
    TOO_SLOW = "too_slow"
    QUEUED = "queued"
    THROUGH = "through"
    LOST = "lost"
    BEHIND = "behind"
    UNSHOWN = "unshown"


class Command(StrEnum):
    """Names the commands. They are carried out in order.

    SEND the picture now. LINE_UP the picture or the burst. KEEP_BEGUN: drop what is waiting, except for a picture that
    is partly sent. CLEAR: drop everything that is waiting. COUNT the picture as dropped. FORGET: never repeat what was
    sent so far. TELL the viewer what it gets, if that has changed. REFRESH: ask for the last keyframe and everything
    after it.
    """

    SEND = "send"
    LINE_UP = "line_up"
    KEEP_BEGUN = "keep_begun"
    CLEAR = "clear"
    COUNT = "count"
    FORGET = "forget"
    TELL = "tell"
    REFRESH = "refresh"


WAITING: Mapping[Phase, Waiting] = MappingProxyType(
    {
        Phase.AWAITING_KEYFRAME: "keyframe",
        Phase.FLOWING: "",
        Phase.PACED: "",
        Phase.CUT: "link",
        Phase.GIVEN_UP: "link",
        Phase.DRAINING: "link",
    }
)
"""Why the viewer gets no new pictures in each phase; "" if it gets them."""

_AWAITING, _FLOWING, _PACED, _CUT, _GIVEN_UP, _DRAINING = Phase
_SEND, _LINE_UP, _KEEP_BEGUN, _CLEAR, _COUNT, _FORGET, _TELL, _REFRESH = Command
_ANY_BUT_DRAINING = tuple(phase for phase in Phase if phase is not Phase.DRAINING)

TABLE: Mapping[tuple[Phase, Event], tuple[Phase, tuple[Command, ...]]] = MappingProxyType(
    {
        (_AWAITING, Event.PICTURE): (_AWAITING, (_TELL,)),
        (_AWAITING, Event.LARGE_PICTURE): (_AWAITING, (_TELL,)),
        (_AWAITING, Event.KEYFRAME): (_FLOWING, (_SEND, _TELL)),
        (_AWAITING, Event.LARGE_KEYFRAME): (_PACED, (_LINE_UP, _TELL)),
        (_AWAITING, Event.SWITCHED): (_AWAITING, (_FORGET,)),
        # These two rows cover nearly everything that a viewer is sent, so ``Feed`` follows them without a look-up.
        (_FLOWING, Event.PICTURE): (_FLOWING, (_SEND,)),
        (_FLOWING, Event.KEYFRAME): (_FLOWING, (_SEND,)),
        (_FLOWING, Event.LARGE_PICTURE): (_PACED, (_LINE_UP, _TELL)),
        (_FLOWING, Event.LARGE_KEYFRAME): (_PACED, (_LINE_UP, _TELL)),
        (_FLOWING, Event.SWITCHED): (_AWAITING, ()),
        (_FLOWING, Event.REFUSED): (_AWAITING, (_COUNT, _TELL)),
        # A fresh keyframe is worth more than all earlier pictures that have not been started.
        (_PACED, Event.LARGE_PICTURE): (_PACED, (_LINE_UP, _TELL)),
        (_PACED, Event.LARGE_KEYFRAME): (_PACED, (_KEEP_BEGUN, _LINE_UP, _TELL)),
        (_PACED, Event.LATE_PICTURE): (_CUT, (_COUNT, _TELL)),
        (_PACED, Event.LATE_KEYFRAME): (_CUT, (_KEEP_BEGUN, _COUNT, _TELL)),
        (_PACED, Event.SWITCHED): (_AWAITING, (_CLEAR,)),
        (_PACED, Event.EMPTIED): (_FLOWING, ()),
        (_PACED, Event.REFUSED): (_AWAITING, (_COUNT, _CLEAR, _TELL)),
        (_PACED, Event.TOO_SLOW): (_GIVEN_UP, (_CLEAR, _TELL)),
        (_CUT, Event.LARGE_PICTURE): (_CUT, (_TELL,)),
        (_CUT, Event.LARGE_KEYFRAME): (_PACED, (_KEEP_BEGUN, _LINE_UP, _TELL)),
        (_CUT, Event.LATE_PICTURE): (_CUT, (_TELL,)),
        (_CUT, Event.LATE_KEYFRAME): (_CUT, (_KEEP_BEGUN, _COUNT, _TELL)),
        (_CUT, Event.SWITCHED): (_AWAITING, (_FORGET, _CLEAR)),
        (_CUT, Event.EMPTIED): (_GIVEN_UP, ()),
        (_CUT, Event.REFUSED): (_AWAITING, (_COUNT, _CLEAR, _TELL)),
        (_CUT, Event.TOO_SLOW): (_GIVEN_UP, (_CLEAR, _TELL)),
        (_GIVEN_UP, Event.PICTURE): (_GIVEN_UP, (_TELL,)),
        (_GIVEN_UP, Event.LARGE_PICTURE): (_GIVEN_UP, (_TELL,)),
        (_GIVEN_UP, Event.KEYFRAME): (_FLOWING, (_SEND, _TELL)),
        (_GIVEN_UP, Event.LARGE_KEYFRAME): (_PACED, (_LINE_UP, _TELL)),
        (_GIVEN_UP, Event.SWITCHED): (_AWAITING, (_FORGET,)),
        # Anything sent after pictures that are late on their way would be old, and would keep all later ones old.
        (_DRAINING, Event.PICTURE): (_DRAINING, (_TELL,)),
        (_DRAINING, Event.KEYFRAME): (_DRAINING, (_TELL,)),
        (_DRAINING, Event.LARGE_PICTURE): (_DRAINING, (_TELL,)),
        (_DRAINING, Event.LARGE_KEYFRAME): (_DRAINING, (_TELL,)),
        (_DRAINING, Event.BURST): (_DRAINING, (_FORGET, _TELL)),
        (_DRAINING, Event.LATE_BURST): (_DRAINING, (_FORGET, _TELL)),
        (_DRAINING, Event.NO_BURST): (_DRAINING, (_FORGET, _TELL)),
        (_DRAINING, Event.SWITCHED): (_DRAINING, (_FORGET,)),
        (_DRAINING, Event.THROUGH): (_AWAITING, (_TELL, _REFRESH)),
    }
    | {(phase, Event.BURST): (_PACED, (_CLEAR, _FORGET, _LINE_UP, _TELL)) for phase in _ANY_BUT_DRAINING}
    | {(phase, Event.LATE_BURST): (_GIVEN_UP, (_CLEAR, _FORGET, _TELL)) for phase in _ANY_BUT_DRAINING}
    | {(phase, Event.NO_BURST): (_AWAITING, (_CLEAR, _FORGET, _TELL)) for phase in _ANY_BUT_DRAINING}
    | {(phase, Event.LOST): (phase, (_REFRESH,)) for phase in _ANY_BUT_DRAINING}
    # In the other phases, newer pictures are on their way or will be refreshed.
    | {(phase, Event.BEHIND): (phase, (_REFRESH,) if phase in (_AWAITING, _GIVEN_UP) else ()) for phase in Phase}
    | {(phase, Event.UNSHOWN): (phase, ()) for phase in Phase}
    | {(_DRAINING, Event.LOST): (_DRAINING, ())}
    | {(phase, Event.QUEUED): (_DRAINING, (_CLEAR, _TELL)) for phase in _ANY_BUT_DRAINING}
)


def advance(phase: Phase, event: Event) -> tuple[Phase, tuple[Command, ...]]:
    """Return the next phase and the commands to carry out. Raises IllegalEvent."""
    return follow(TABLE, phase, event)


def picture(*, keyframe: bool, at_once: bool, in_time: bool) -> Event:
    """Return the event for an arriving picture. It can go out ``at_once``, can be sent ``in_time``, or is too late."""
    if at_once:
        return Event.KEYFRAME if keyframe else Event.PICTURE
    if in_time:
        return Event.LARGE_KEYFRAME if keyframe else Event.LARGE_PICTURE
    return Event.LATE_KEYFRAME if keyframe else Event.LATE_PICTURE


def burst(*, kept: bool, in_time: bool) -> Event:
    """Return the event for a start, depending on whether pictures since a keyframe are ``kept``."""
    if not kept:
        return Event.NO_BURST
    return Event.BURST if in_time else Event.LATE_BURST


def plea(*, lost: bool, newer: bool) -> Event:
    """Return the event for a viewer's request for a new picture, depending on whether it ``lost`` something and whether
    there are ``newer`` pictures than it was sent."""
    if lost:
        return Event.LOST
    return Event.BEHIND if newer else Event.UNSHOWN
