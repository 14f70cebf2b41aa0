"""Defines the requests to a media plane and the events that it reports. Pure: values only."""

from dataclasses import dataclass
from typing import Literal

from gateway.models import CameraId, CloseReason, StreamName

NO_SESSION = ("no_such_session", "There is no such media session, or it has ended.")

EventKind = Literal["connected", "first_packet", "stream", "closed"]


@dataclass(frozen=True, slots=True)
class ViewerProfile:
    """Everything that the media plane knows about a viewer. It knows no roles.

    The viewer begins with ``first_stream`` unless it asks for another. Until its link shows a limit, the plane assumes
    that it carries ``unknown_link`` bits per second; at 100 Mbit/s, a megabyte takes 80 ms. Sending may take up to
    ``patience`` seconds. Pictures that would take longer are not started, since they would arrive too old. ``label`` is
    a word from a fixed list, by which the metrics count such viewers.
    """

    label: str
    first_stream: StreamName = StreamName.MAIN
    unknown_link: float = 100e6
    patience: float = 1.5


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Asks for a session.

    ``offer`` is SDP. The session ends at gateway time ``ends_at`` unless it is renewed. ``stream`` is None for the
    stream that suits the viewer and its link; SUB means the substream, whatever the link carries.
    """

    camera_id: CameraId
    stream: StreamName | None
    offer: str
    ends_at: float
    viewer: ViewerProfile


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """Describes the session that was opened.

    ``id`` is public. ``stream`` is the stream that will be sent, which may differ from the request. ``etag`` names the
    ICE session that was negotiated.
    """

    id: str
    answer: str
    stream: StreamName
    etag: str


@dataclass(frozen=True, slots=True)
class PatchRequest:
    """Carries a viewer's ICE information (RFC 8840), with the value of its If-Match header."""

    fragment: str
    if_match: str


@dataclass(frozen=True, slots=True)
class PatchAnswer:
    """Answers a ``PatchRequest``. ``fragment`` is the gateway's own after an ICE restart, and None if there was no
    restart."""

    fragment: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """Reports what happened to a session at gateway time ``at``. ``reason`` is set when it closed.

    ``stream`` is what the viewer is sent now. ``waiting`` says why it is sent nothing at the moment: "keyframe",
    "link", or "" while it is sent pictures. The viewer's RTP timestamps are those of the stream plus ``shift`` (90 kHz
    ticks, mod 2^32). A change of any of these is an event of the kind ``stream``.
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
