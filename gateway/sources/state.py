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
"""The event adds nothing to what is known: state and reason stay."""

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
    (SourceState.DOWN, SourceEvent.SILENCE): IGNORED,  # it is known already why there is none
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
    SourceReason.PASSWORD_REFUSED: "Set the camera's user name and password anew in the configuration; it is tried "
    "once a minute, so that the camera does not lock the account.",
    SourceReason.NOT_FOUND: "Look up the stream's RTSP path in the camera's manual and correct it here.",
    SourceReason.UNSUPPORTED: "Set this stream of the camera to H.264 (H.265 and JPEG are taken, too), "
    "unicast over TCP or UDP, without SRTP, and `transport` of the camera here to auto.",
    SourceReason.MALFORMED: "Update the camera's firmware; check that the address is its RTSP port.",
    SourceReason.CLOSED_BY_CAMERA: "The camera ended the connection: if this goes on, look for restarts in its log.",
    SourceReason.STREAM_STOPPED: "The camera is connected but sends no pictures: restart it, then check its encoder; "
    "where it is pulled over UDP, check that the firewall lets datagrams of the camera in.",
    SourceReason.SESSION_LIMIT: "Close other viewers of this camera or recorder, or raise its limit of "
    "connections, and with it the number of the NVR in `media.nvrs`.",
    SourceReason.NOT_TRUSTED: "If this is the camera's own certificate, set `tls_fingerprint` of the camera to its "
    "SHA-256; if it was not renewed, find out who answers at its address.",
    SourceReason.REDIRECT_REFUSED: "If the stream has moved, correct its address in the configuration; where a "
    "recorder is right to send the gateway on, name the place, HOST:PORT, under `redirects` of the camera.",
    SourceReason.FELL_BEHIND: "The network does not carry this stream: lower its bit rate, or find what "
    "slows the link.",
    SourceReason.UNUSABLE: "Set the camera to plain H.264 with a keyframe (IDR) every two seconds, and restart it; "
    "where packets are lost, have it pulled over TCP (`transport`).",
    SourceReason.INTERNAL: "This is a fault of the gateway: report it with the log of that minute.",
}


def advice(reason: SourceReason) -> str:
    """Return what district IT should do about ``reason``, or nothing if there is none."""
    return _ADVICE[reason]
