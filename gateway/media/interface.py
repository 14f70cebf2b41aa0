"""Defines how the rest of the gateway sees the cameras' media, wherever it runs. Reads return at once with what is
known.
"""

from dataclasses import dataclass
from typing import Protocol

from gateway.health.picture import Still
from gateway.media.events import MediaEvents, StreamKey
from gateway.models import CameraId, CloseReason, SourceStatus, StreamName, TimelinePoint
from gateway.webrtc.interface import OpenedSession, OpenSession, PatchAnswer, PatchRequest


@dataclass(frozen=True, slots=True)
class Points:
    """A stream's map from RTP time to capture time at two pictures, or None where nothing is known.

    ``first`` is for the first picture that a new viewer is sent, so that a page can date its whole start burst.
    ``newest`` is for the newest picture.
    """

    first: TimelinePoint | None = None
    newest: TimelinePoint | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One sample of a metric that another process counts: its name as in the text format, its labels, and its value."""

    name: str
    labels: dict[str, str]
    value: float


class Sessions(Protocol):
    """The methods that viewers' sessions need, whether the media plane is in this process or in another."""

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer. Raises BadRequest, NotFound, Unavailable."""
        ...

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Keep a session open until gateway time ``ends_at``. Return False if it has already ended."""
        ...

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Apply a viewer's ICE information, which may be an ICE restart.

        Raises NotFound, BadRequest, PreconditionFailed, Unavailable.
        """
        ...

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session. Its last packet has been sent on return. Return False if it had already ended."""
        ...


class Media(Sessions, Protocol):
    """The relay streams, pulls, picture health and sessions of some cameras."""

    @property
    def events(self) -> MediaEvents:
        """Return the listeners for what happens here."""
        ...

    async def start(self) -> None:
        """Open the media port. The same task must call ``stop``. Raises ConfigurationError."""
        ...

    async def run(self) -> None:
        """Pull cameras and check their pictures until cancelled."""
        ...

    async def stop(self) -> None:
        """Close every session, send the last packets and close the port."""
        ...

    def streams_of(self, camera: CameraId) -> tuple[StreamName, ...]:
        """Return the names of a camera's streams that are pulled, none if the camera is unknown here."""
        ...

    def status(self, key: StreamKey) -> SourceStatus:
        """Return the status of a pull. Raises KeyError for a stream that is not one of ``streams_of``."""
        ...

    def points(self, key: StreamKey) -> Points:
        """Return the current map between a stream's RTP time and capture time."""
        ...

    def unchanged_since(self, camera: CameraId) -> float | None:
        """Return the gateway time since which the picture's content has not changed, or None."""
        ...

    async def still(self, camera: CameraId) -> Still | None:
        """Return the newest checked picture. Raises Unavailable."""
        ...

    async def figures(self) -> tuple[Figure, ...]:
        """Return what other processes count, to be added to this process's own metrics."""
        ...
