"""Defines the messages between the gateway and a worker process. Each method is one message."""

from dataclasses import dataclass
from typing import Protocol

from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings
from gateway.health.picture import Still
from gateway.media.events import StreamKey
from gateway.media.interface import Figure, Points, Sessions
from gateway.models import CameraId, SourceStatus
from gateway.webrtc.interface import SessionEvent
from gateway.webrtc.session import SessionView


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that a worker has to know. Passwords are included, since only the two processes hold the socket pair.

    ``began_at`` is the gateway's steady time when the machine started (see ``clock``), so that both agree on the time.
    """

    media: MediaSettings
    cameras: tuple[CameraSettings, ...]
    began_at: float
    log_level: int
    log_as_json: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Carries the state of everything in a worker once a second. Events in between are sent at once."""

    statuses: tuple[SourceStatus, ...]
    points: tuple[tuple[StreamKey, Points], ...]
    unchanged: tuple[tuple[CameraId, float], ...]
    sessions: tuple[SessionView, ...]


class ToWorker(Sessions, Protocol):
    """The calls that a worker answers, including those of ``Sessions``."""

    async def setup(self, setup: Setup) -> None:
        """Start the media. This is the first message. Raises ConfigurationError."""
        ...

    async def still(self, camera: CameraId) -> Still | None:
        """Return the newest checked picture."""
        ...

    async def figures(self) -> tuple[Figure, ...]:
        """Return what the worker has counted."""
        ...

    async def stop(self) -> None:
        """Close every session. The last packets have been sent on return. The process then ends."""
        ...


class FromWorker(Protocol):
    """The calls that a worker makes to the gateway."""

    def session(self, event: SessionEvent) -> None:
        """Report that something happened to a session."""
        ...

    def status_changed(self, status: SourceStatus) -> None:
        """Report that a pull has changed its state."""
        ...

    def timeline(self, key: StreamKey, points: Points) -> None:
        """Report that a stream's map has changed its meaning."""
        ...

    def picture(self, camera: CameraId, unchanged_since: float | None) -> None:
        """Report that a camera's content has stopped changing, or has started to change again."""
        ...

    def report(self, report: Report) -> None:
        """Report the state of everything. A worker that sends no report for several seconds is considered dead."""
        ...
