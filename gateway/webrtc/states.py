"""Defines the states of a media session as a table. Pure.

::

    NEW --checked--> ICE --hello--> DTLS --keyed--> PLAYING
     |                |              |                |
     +----------------+--- ended ----+----------------+--> CLOSED
"""

from enum import StrEnum

from gateway.models import CloseReason
from gateway.transitions import follow


class State(StrEnum):
    """Names the states of a session. NEW means that its offer is answered, but nothing has been received yet."""

    NEW = "new"
    ICE = "ice"
    DTLS = "dtls"
    PLAYING = "playing"
    CLOSED = "closed"


class Event(StrEnum):
    """Names the events of a session: an authentic check, the first DTLS datagram, agreed keys, and the end."""

    CHECKED = "checked"
    HELLO = "hello"
    KEYED = "keyed"
    ENDED = "ended"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.NEW, Event.CHECKED): State.ICE,
    (State.NEW, Event.ENDED): State.CLOSED,
    (State.ICE, Event.CHECKED): State.ICE,
    (State.ICE, Event.HELLO): State.DTLS,
    (State.ICE, Event.ENDED): State.CLOSED,
    (State.DTLS, Event.CHECKED): State.DTLS,
    (State.DTLS, Event.HELLO): State.DTLS,
    (State.DTLS, Event.KEYED): State.PLAYING,
    (State.DTLS, Event.ENDED): State.CLOSED,
    (State.PLAYING, Event.CHECKED): State.PLAYING,
    (State.PLAYING, Event.HELLO): State.PLAYING,
    (State.PLAYING, Event.ENDED): State.CLOSED,
}

# Why a silent session is closed in each state. Before PLAYING, silence counts from the offer; later, from the last
# authentic check or RTCP packet.
SILENCE: dict[State, CloseReason] = {
    State.NEW: CloseReason.NEVER_CONNECTED,
    State.ICE: CloseReason.NEVER_CONNECTED,
    State.DTLS: CloseReason.DTLS_FAILED,
    State.PLAYING: CloseReason.VIEWER_GONE,
}


def advance(state: State, event: Event) -> State:
    """Return the next state. Raises IllegalEvent."""
    return follow(TRANSITIONS, state, event)
