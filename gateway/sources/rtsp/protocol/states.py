"""Defines the states of an RTSP session, and what a camera's refusals mean, as tables used by ``session``. Pure."""

from enum import Enum, auto

from gateway.models import SourceReason
from gateway.transitions import follow


class State(Enum):
    """The states of a session."""

    IDLE = auto()
    DESCRIBING = auto()
    SETTING_UP = auto()
    SETTING_UP_SOUND = auto()
    STARTING = auto()
    PLAYING = auto()
    STOPPING = auto()
    CLOSED = auto()


class Step(Enum):
    """The steps from state to state. SOUND_FOUND: the picture is set up, and sound comes next. ANSWERED: no answer is
    awaited any more, even if the camera refused its sound or did not answer."""

    START = auto()
    ANSWERED = auto()
    SOUND_FOUND = auto()
    STOP = auto()


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.IDLE, Step.START): State.DESCRIBING,
    (State.DESCRIBING, Step.ANSWERED): State.SETTING_UP,
    (State.SETTING_UP, Step.ANSWERED): State.STARTING,
    (State.SETTING_UP, Step.SOUND_FOUND): State.SETTING_UP_SOUND,
    (State.SETTING_UP_SOUND, Step.ANSWERED): State.STARTING,
    (State.STARTING, Step.ANSWERED): State.PLAYING,
    (State.PLAYING, Step.ANSWERED): State.PLAYING,
    (State.STOPPING, Step.ANSWERED): State.CLOSED,
    (State.IDLE, Step.STOP): State.CLOSED,
    (State.DESCRIBING, Step.STOP): State.CLOSED,
    (State.SETTING_UP, Step.STOP): State.CLOSED,
    (State.SETTING_UP_SOUND, Step.STOP): State.CLOSED,
    (State.STARTING, Step.STOP): State.STOPPING,
    (State.PLAYING, Step.STOP): State.STOPPING,
    (State.STOPPING, Step.STOP): State.STOPPING,
    (State.CLOSED, Step.STOP): State.CLOSED,
    (State.CLOSED, Step.ANSWERED): State.CLOSED,
}


def advance(state: State, step: Step) -> State:
    """Return the next state. Raises IllegalEvent."""
    return follow(TRANSITIONS, state, step)


REDIRECTIONS = frozenset({300, 301, 302, 303, 307})
"""Answers that may name another place (RFC 2326 11.3). A camera has no use for a proxy redirect (305)."""

UNSUPPORTED_TRANSPORT = 461
FINAL_REFUSALS = frozenset({401, 403, 453, 454, 503})
"""Answers that would be the same if the stream were requested over another carrier, or started from a named time.
Cameras that do not send over TCP should answer 461, but may answer with any status.
"""

FROM_START = ("Range", "npt=0.000-")
"""The field of PLAY (RFC 2326 12.29) for servers that refuse to play without it. Others must not get it: a server whose
viewers share one pipeline goes back to the start for all of them.
"""

REFUSALS: dict[int, tuple[SourceReason, str]] = {
    301: (SourceReason.NOT_FOUND, "The camera says that the stream has moved, but not where to."),
    302: (SourceReason.NOT_FOUND, "The camera says that the stream is elsewhere, but not where."),
    403: (SourceReason.PASSWORD_REFUSED, "The camera does not let this user see the stream."),
    404: (SourceReason.NOT_FOUND, "The camera has no stream at this address."),
    453: (SourceReason.SESSION_LIMIT, "The camera does not have enough bandwidth for another viewer."),
    454: (SourceReason.CLOSED_BY_CAMERA, "The camera has forgotten our session."),
    503: (SourceReason.SESSION_LIMIT, "The camera accepts no more viewers."),
}
