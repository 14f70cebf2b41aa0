"""What is asked of a media plane, and what it tells. Pure: values only."""

from dataclasses import dataclass
from typing import Literal

from gateway.models import CameraId, CloseReason, StreamName

NO_SESSION = ("no_such_session", "There is no such media session, or it has ended.")

EventKind = Literal["connected", "first_packet", "stream", "closed"]


@dataclass(frozen=True, slots=True)
class ViewerProfile:
    """All that the media plane knows of who watches; it knows no roles.

    The viewer begins with ``first_stream`` where it does not ask for one. Until its link has shown a limit, it is taken
    to carry ``unknown_link`` bits a second: at 100 Mbit/s a megabyte is out in 80 ms. Sending may take ``patience``
    seconds; what would take longer is not begun, since it would be old by then. ``label`` is a word of a fixed list, by
    which the metrics count such viewers.
    """

    label: str
    first_stream: StreamName = StreamName.MAIN
    unknown_link: float = 100e6
    patience: float = 1.5


@dataclass(frozen=True, slots=True)
class OpenSession:
    """What is asked for. ``offer`` is SDP; ``ends_at`` is gateway time, until renewed. ``stream`` None: what suits the
    viewer and its link; SUB: that one, whatever the link would carry."""

    camera_id: CameraId
    stream: StreamName | None
    offer: str
    ends_at: float
    viewer: ViewerProfile


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
