"""What is asked of a media plane, and what it tells. Pure: values only."""

from dataclasses import dataclass
from typing import Literal

from gateway.models import CameraId, CloseReason, Role, StreamName

NO_SESSION = ("no_such_session", "There is no such media session, or it has ended.")

EventKind = Literal["connected", "first_packet", "stream", "closed"]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """What is asked for. ``offer`` is SDP; ``ends_at`` is gateway time, until renewed. ``stream`` None: what suits the
    role and its link; SUB: that one, whatever the link would carry."""

    camera_id: CameraId
    stream: StreamName | None
    offer: str
    ends_at: float
    role: Role


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What was opened. ``id`` is public; ``stream`` is what will be sent, perhaps not what was asked for; ``etag``
    names the ICE session that was agreed on."""

    id: str
    answer: str
    stream: StreamName
    etag: str


@dataclass(frozen=True, slots=True)
class PatchRequest:
    """ICE information of a viewer (RFC 8840), and the value of the header If-Match that came with it."""

    fragment: str
    if_match: str


@dataclass(frozen=True, slots=True)
class PatchAnswer:
    """``fragment``: the gateway's own after an ICE restart; None where only candidates were told."""

    fragment: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """Something that happened to a session, at gateway time ``at``. ``reason`` is set when it closed.

    ``stream``, that what the viewer gets has changed: ``stream`` is what it is sent, ``waiting`` why it is sent nothing
    just now ("keyframe", "link"; "" while it is), and its RTP timestamps are the stream's own plus ``shift`` (90 kHz
    ticks, mod 2^32).
    """

    kind: EventKind
    id: str
    reason: CloseReason | None
    at: float
    packets: int
    bytes: int
    stream: StreamName
    waiting: str = ""
    shift: int = 0
