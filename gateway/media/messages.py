"""What the gateway asks of a worker process, and what a worker tells the gateway. Each method is a message."""

from dataclasses import dataclass
from typing import Protocol

from gateway.configuration.settings import CameraSettings, MediaSettings
from gateway.health.picture import Still
from gateway.media.events import StreamKey
from gateway.media.interface import Figure, Points, Sessions
from gateway.models import CameraId, SourceStatus
from gateway.webrtc.interface import SessionEvent
from gateway.webrtc.session import SessionView


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a worker has to know. Passwords are written out: it goes over a socket pair that nobody else holds.

    ``began_at``: the gateway's steady time when the machine started (``clock``), so that both agree on what time it is.
    """

    media: MediaSettings
    cameras: tuple[CameraSettings, ...]
    began_at: float
    log_level: int
    log_as_json: bool


@dataclass(frozen=True, slots=True)
class Report:
    """How all stands, once a second; what happens in between is told at once."""

    statuses: tuple[SourceStatus, ...]
    points: tuple[tuple[StreamKey, Points], ...]
    unchanged: tuple[tuple[CameraId, float], ...]
    sessions: tuple[SessionView, ...]


class ToWorker(Sessions, Protocol):
    """Asked of a worker. ``Sessions`` are, too."""

    async def setup(self, setup: Setup) -> None:
        """Come to life. Raises ConfigurationError. The first message."""
        ...

    async def still(self, camera: CameraId) -> Still | None:
        """The newest picture that was looked at."""
        ...

    async def figures(self) -> tuple[Figure, ...]:
        """What is counted there."""
        ...

    async def stop(self) -> None:
        """Close every session; the last packets were sent on return. The process then ends."""
        ...


class FromWorker(Protocol):
    """Told by a worker."""

    def session(self, event: SessionEvent) -> None:
        """Something happened to a session."""
        ...

    def status_changed(self, status: SourceStatus) -> None:
        """A pull has changed its state."""
        ...

    def timeline(self, key: StreamKey, points: Points) -> None:
        """A stream's map has changed its meaning."""
        ...

    def picture(self, camera: CameraId, unchanged_since: float | None) -> None:
        """A camera's content has stopped changing, or changes again."""
        ...

    def report(self, report: Report) -> None:
        """How all stands. A worker that says nothing for some seconds is taken for dead."""
        ...
