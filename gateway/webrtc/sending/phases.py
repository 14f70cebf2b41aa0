"""The phases of one viewer's delivery, as a table. Pure: ``Feed`` tells it what happens and does what it says.

::

    AWAITING_KEYFRAME --- a keyframe --> FLOWING <-- all of it is sent --- PACED <--+
            ^                               |                              ^  |     | a newer keyframe
            |                               +-------- a large picture -----+  |     |
            |                                                                 | one comes too late
     what is on its way                                                       v     |
        has arrived                                                          CUT ---+
            |                                                                 |
         DRAINING <-- so much is on its way that it comes late      GIVEN_UP <+ its rest is sent, or is given up

A picture is sent only where every picture before it, from its keyframe on, was sent whole. So the way out of each phase
in which pictures are missing leads over a keyframe, or over a burst, which begins with one.

What the viewer is told follows from the phase: ``WAITING``. What is known of the link is no phase of its own: until the
first burst has been answered for, nothing more of PACED and CUT is let go, as their pace does at any other time.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from gateway.transitions import follow

Waiting = Literal["", "keyframe", "link"]


class Phase(StrEnum):
    """AWAITING_KEYFRAME and GIVEN_UP: nothing waits, and nothing is sent before a keyframe; in GIVEN_UP the link
    was too slow for what there was. FLOWING: pictures go out as they come. PACED: some wait their turn. CUT: what waits
    is still sent, but a picture after it was dropped. DRAINING: nothing is sent until the link has delivered what is on
    its way."""

    AWAITING_KEYFRAME = "awaiting_keyframe"
    FLOWING = "flowing"
    PACED = "paced"
    CUT = "cut"
    GIVEN_UP = "given_up"
    DRAINING = "draining"


class Event(StrEnum):
    """What happens. A picture has come: it may go out at once, or has to wait its turn (``LARGE``), or would be old by
    then (``LATE``). A burst is there to begin with: a keyframe that was kept, and all that followed it.

    SWITCHED: another stream is sent from now on. EMPTIED: all that waited is sent. REFUSED: the socket took no more.
    TOO_SLOW: the link does not carry what waits. QUEUED: what is sent comes late, so much is on its way; THROUGH: that
    has arrived.

    The viewer asks for a new picture: LOST, where it has lost something; BEHIND, where there are newer pictures than it
    was sent; UNSHOWN, where neither shows: it would be sent back to what it has had.
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
    """What to do, in order.

    SEND the picture now. LINE_UP the picture or the burst. KEEP_BEGUN: drop what waits, but for a picture of which a
    part was sent. CLEAR: drop all that waits. COUNT the picture as dropped. FORGET: repeat nothing of what was sent so
    far. TELL what the viewer gets, where that has changed. REFRESH: ask for the last keyframe and what followed it.
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
"""The causes that keep new pictures from the viewer; "" for none."""

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
        # These two are nearly all that a viewer is sent: ``Feed`` does as they say without asking.
        (_FLOWING, Event.PICTURE): (_FLOWING, (_SEND,)),
        (_FLOWING, Event.KEYFRAME): (_FLOWING, (_SEND,)),
        (_FLOWING, Event.LARGE_PICTURE): (_PACED, (_LINE_UP, _TELL)),
        (_FLOWING, Event.LARGE_KEYFRAME): (_PACED, (_LINE_UP, _TELL)),
        (_FLOWING, Event.SWITCHED): (_AWAITING, ()),
        (_FLOWING, Event.REFUSED): (_AWAITING, (_COUNT, _TELL)),
        # A fresh keyframe is worth more than all before it of which nothing was sent.
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
        # Whatever followed what is late on its way would be old, and keep all that comes after it old.
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
    # In the other phases what is newer is on its way, or will be refreshed.
    | {(phase, Event.BEHIND): (phase, (_REFRESH,) if phase in (_AWAITING, _GIVEN_UP) else ()) for phase in Phase}
    | {(phase, Event.UNSHOWN): (phase, ()) for phase in Phase}
    | {(_DRAINING, Event.LOST): (_DRAINING, ())}
    | {(phase, Event.QUEUED): (_DRAINING, (_CLEAR, _TELL)) for phase in _ANY_BUT_DRAINING}
)


def advance(phase: Phase, event: Event) -> tuple[Phase, tuple[Command, ...]]:
    """Return the next phase, and what to do. Raises IllegalEvent."""
    return follow(TABLE, phase, event)


def picture(*, keyframe: bool, at_once: bool, in_time: bool) -> Event:
    """Return the event that an arriving picture is. It may go ``at_once``, or would be sent ``in_time``, or neither."""
    if at_once:
        return Event.KEYFRAME if keyframe else Event.PICTURE
    if in_time:
        return Event.LARGE_KEYFRAME if keyframe else Event.LARGE_PICTURE
    return Event.LATE_KEYFRAME if keyframe else Event.LATE_PICTURE


def burst(*, kept: bool, in_time: bool) -> Event:
    """Return the event that a start is, where pictures from a keyframe on are ``kept`` or not."""
    if not kept:
        return Event.NO_BURST
    return Event.BURST if in_time else Event.LATE_BURST


def plea(*, lost: bool, newer: bool) -> Event:
    """Return the event that a viewer's plea for a new picture is: it has ``lost`` something, or there is something
    ``newer`` than it was sent."""
    if lost:
        return Event.LOST
    return Event.BEHIND if newer else Event.UNSHOWN
