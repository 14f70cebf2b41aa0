"""Defines the states of a source as a table, with explanations for district IT. Pure."""

from enum import Enum, auto
from typing import Final

from gateway.models import SourceReason, SourceState
from gateway.transitions import follow


class SourceEvent(Enum):
    """The events of a source."""

    PICTURE = auto()
    SILENCE = auto()
    UNUSED = auto()
    LOST = auto()
    WAITING = auto()


IGNORED: Final = None
"""The event adds nothing to what is known, so state and reason stay the same."""

# A source that is being retried stays DOWN, with its reason, until a picture has arrived.
TRANSITIONS: dict[tuple[SourceState, SourceEvent], SourceState | None] = {
    (SourceState.CONNECTING, SourceEvent.PICTURE): SourceState.UP,
    (SourceState.CONNECTING, SourceEvent.SILENCE): SourceState.STALLED,
    (SourceState.CONNECTING, SourceEvent.UNUSED): SourceState.STALLED,
    (SourceState.CONNECTING, SourceEvent.LOST): SourceState.DOWN,
    (SourceState.CONNECTING, SourceEvent.WAITING): SourceState.CONNECTING,
    (SourceState.UP, SourceEvent.PICTURE): SourceState.UP,
    (SourceState.UP, SourceEvent.SILENCE): SourceState.STALLED,
    (SourceState.UP, SourceEvent.UNUSED): SourceState.STALLED,
    (SourceState.UP, SourceEvent.LOST): SourceState.DOWN,
    (SourceState.UP, SourceEvent.WAITING): SourceState.DOWN,
    (SourceState.STALLED, SourceEvent.PICTURE): SourceState.UP,
    (SourceState.STALLED, SourceEvent.SILENCE): SourceState.STALLED,
    (SourceState.STALLED, SourceEvent.UNUSED): SourceState.STALLED,
    (SourceState.STALLED, SourceEvent.LOST): SourceState.DOWN,
    (SourceState.STALLED, SourceEvent.WAITING): SourceState.DOWN,
    (SourceState.DOWN, SourceEvent.PICTURE): SourceState.UP,
    (SourceState.DOWN, SourceEvent.SILENCE): IGNORED,  # the reason is already known
    (SourceState.DOWN, SourceEvent.UNUSED): SourceState.STALLED,
    (SourceState.DOWN, SourceEvent.LOST): SourceState.DOWN,
    (SourceState.DOWN, SourceEvent.WAITING): SourceState.DOWN,
}


def advance(state: SourceState, event: SourceEvent) -> SourceState | None:
    """Return the next state, or IGNORED. Raises IllegalEvent."""
    return follow(TRANSITIONS, state, event)


FAULTY = frozenset({SourceState.STALLED, SourceState.DOWN})

_ADVICE: dict[SourceReason, str] = {
    SourceReason.NONE: "",
    SourceReason.UNREACHABLE: "Check the camera's power and cable, its address in the configuration, and the firewall.",
    SourceReason.TIMED_OUT: "The camera or the network is overloaded, or a firewall drops the traffic: "
    "try the camera's web page.",
    SourceReason.PASSWORD_REFUSED: "Set the camera's user name and password again in the configuration. They are "
    "tried only once a minute, so that the camera does not lock the account.",
    SourceReason.NOT_FOUND: "Look up the stream's RTSP path in the camera's manual, and correct it in the "
    "configuration.",
    SourceReason.UNSUPPORTED: "Set this stream of the camera to H.264 (H.265 and JPEG also work), "
    "unicast over TCP or UDP, without SRTP, and set the camera's `transport` in the configuration to auto.",
    SourceReason.MALFORMED: "Update the camera's firmware; check that the address is its RTSP port.",
    SourceReason.CLOSED_BY_CAMERA: "The camera ended the connection: if this continues, look for restarts in its log.",
    SourceReason.STREAM_STOPPED: "The camera is connected but sends no pictures: restart it, then check its encoder; "
    "if it is pulled over UDP, check that the firewall lets the camera's datagrams in.",
    SourceReason.SESSION_LIMIT: "Close other viewers of this camera or recorder, or raise its "
    "connection limit, together with the number for the NVR in `media.nvrs`.",
    SourceReason.NOT_TRUSTED: "If this is the camera's own certificate, set the camera's `tls_fingerprint` to its "
    "SHA-256. If the certificate has not been renewed, find out who is answering at the camera's address.",
    SourceReason.REDIRECT_REFUSED: "If the stream has moved, correct its address in the configuration. If a "
    "recorder redirects the gateway on purpose, add the place, HOST:PORT, to the camera's `redirects`.",
    SourceReason.FELL_BEHIND: "The network cannot carry this stream: lower its bit rate, or find out what "
    "is slowing the link.",
    SourceReason.UNUSABLE: "Set the camera to plain H.264 with a keyframe (IDR) every two seconds, and restart it; "
    "if packets are lost, have it pulled over TCP (`transport`).",
    SourceReason.INTERNAL: "This is a fault of the gateway: report it with the log of that minute.",
}


def advice(reason: SourceReason) -> str:
    """Return what district IT should do about ``reason``, or nothing if there is none."""
    return _ADVICE[reason]
