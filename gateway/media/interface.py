"""The interface of the media of cameras, wherever they run. Reads return at once, with what is known."""

from dataclasses import dataclass
from typing import Protocol

from gateway.health.picture import Still
from gateway.media.events import MediaEvents, StreamKey
from gateway.models import CameraId, CloseReason, SourceStatus, StreamName, TimelinePoint
from gateway.webrtc.interface import OpenedSession, OpenSession, PatchAnswer, PatchRequest


@dataclass(frozen=True, slots=True)
class Points:
    """A stream's map from RTP time to capture time, said twice: at the first picture that a new viewer is sent, so
    that a page can date all of its start burst, and at the newest one. None where nothing is known."""

    first: TimelinePoint | None = None
    newest: TimelinePoint | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One sample of a metric that another process counts: its name as in the text format, its labels, its value."""

    name: str
    labels: dict[str, str]
    value: float


class Sessions(Protocol):
    """What viewers' sessions need. A plane of this process or of another one."""

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer. Raises BadRequest, NotFound, Unavailable."""
        ...

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Let a session live until gateway time ``ends_at``; False where it has ended."""
        ...

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Take a viewer's ICE information, perhaps an ICE restart. Raises NotFound, BadRequest, PreconditionFailed,
        Unavailable."""
        ...

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session; its last packet was sent on return. False where it has ended already."""
        ...


class Media(Sessions, Protocol):
    """Relay streams, pulls, picture health and sessions of some cameras."""

    @property
    def events(self) -> MediaEvents:
        """What happens here."""
        ...

    async def start(self) -> None:
        """Take the port. Raises ConfigurationError. ``stop`` must be called by the same task."""
        ...

    async def run(self) -> None:
        """Pull and look at pictures, until cancelled."""
        ...

    async def stop(self) -> None:
        """Close every session, send the last packets and give the port back."""
        ...

    def streams_of(self, camera: CameraId) -> tuple[StreamName, ...]:
        """Return which streams of a camera are pulled; none if the camera is unknown here."""
        ...

    def status(self, key: StreamKey) -> SourceStatus:
        """Return the status of a pull. Raises KeyError for a stream that is not one of ``streams_of``."""
        ...

    def points(self, key: StreamKey) -> Points:
        """Return the current map between a stream's RTP time and capture time."""
        ...

    def unchanged_since(self, camera: CameraId) -> float | None:
        """Gateway time since when the picture's content has not changed, or None."""
        ...

    async def still(self, camera: CameraId) -> Still | None:
        """The newest picture that was looked at. Raises Unavailable."""
        ...

    async def figures(self) -> tuple[Figure, ...]:
        """Return what other processes count, to be added to this process's own metrics."""
        ...
