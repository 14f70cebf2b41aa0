"""Remembers what a worker process has reported, and reports the end of its sessions when the worker is gone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from gateway.clock import Clock
from gateway.configuration.site_settings import CameraSettings
from gateway.errors import Unavailable
from gateway.media.events import MediaEvents, StreamKey
from gateway.media.interface import Points
from gateway.media.messages import Report
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, SourceReason, SourceState, SourceStatus, StreamName
from gateway.webrtc.interface import OpenedSession, SessionEvent
from gateway.webrtc.session import SessionView

GONE = "The gateway process that served this camera has ended and is being restarted."


class Known:
    """A ``FromWorker`` that stores what the worker reports and passes it on to the gateway's listeners."""

    def __init__(self, cameras: Sequence[CameraSettings], events: MediaEvents, clock: Clock, metrics: Metrics) -> None:
        self.events = events
        self.silent = 0
        """Seconds since the last report, counted by the code that watches the worker."""
        self._clock = clock
        self._metrics = metrics
        self._statuses: dict[StreamKey, SourceStatus] = {}
        for camera in cameras:
            for name in [StreamName.MAIN, StreamName.SUB] if camera.sub else [StreamName.MAIN]:
                key = (CameraId(camera.id), name)
                self._statuses[key] = SourceStatus(
                    *key, SourceState.CONNECTING, SourceReason.NONE, "Connecting.", clock.now()
                )
        self._points: dict[StreamKey, Points] = {}
        self._unchanged: dict[CameraId, float] = {}
        self._views: tuple[SessionView, ...] = ()
        # The latest event of each open session, and the ids of sessions that ended while the answer to their offer was
        # under way.
        self._living: dict[str, SessionEvent] = {}
        self._openings = 0
        self._ended: set[str] = set()

    # What is read

    def streams_of(self, camera: CameraId) -> tuple[StreamName, ...]:
        """Return the names of a camera's streams that are pulled, none if the camera is unknown here."""
        return tuple(name for name in StreamName if (camera, name) in self._statuses)

    def status(self, key: StreamKey) -> SourceStatus:
        """Return the status of a pull. Raises KeyError."""
        return self._statuses[key]

    def points(self, key: StreamKey) -> Points:
        """Return the last known map between a stream's RTP time and capture time."""
        return self._points.get(key, Points())

    def unchanged_since(self, camera: CameraId) -> float | None:
        """Return the gateway time since which the picture's content has not changed, or None."""
        return self._unchanged.get(camera)

    def sessions(self) -> tuple[SessionView, ...]:
        """Return the sessions in the last report."""
        return self._views

    @property
    def living(self) -> int:
        """Return the number of sessions that are open here."""
        return len(self._living)

    def holds(self, session_id: str) -> bool:
        """Return True if a session is open here."""
        return session_id in self._living

    # What the worker reports

    def session(self, event: SessionEvent) -> None:
        """Note what happened to a session, and notify the listeners."""
        if event.kind == "closed":
            self._living.pop(event.id, None)
            if self._openings:
                self._ended.add(event.id)
        elif event.id in self._living:
            self._living[event.id] = event
        self.events.session.tell(event)

    def status_changed(self, status: SourceStatus) -> None:
        """Note that a pull has changed its state, and notify the listeners."""
        self._statuses[status.camera_id, status.stream] = status
        self.events.status.tell(status)

    def timeline(self, key: StreamKey, points: Points) -> None:
        """Note that a stream's map has changed its meaning, and notify the listeners."""
        self._points[key] = points
        self.events.timeline.tell(key)

    def picture(self, camera: CameraId, unchanged_since: float | None) -> None:
        """Note that a camera's content has stopped or started changing, and tell the listeners."""
        self._unchanged.pop(camera, None)
        if unchanged_since is not None:
            self._unchanged[camera] = unchanged_since
        self.events.picture.tell(camera)

    def report(self, report: Report) -> None:
        """Store a report. Rates and counts change without messages in between."""
        self.silent = 0
        self._statuses |= {(status.camera_id, status.stream): status for status in report.statuses}
        self._points = dict(report.points)
        self._unchanged = dict(report.unchanged)
        self._views = report.sessions
        for view in report.sessions:
            if view.id in self._living:
                self._living[view.id] = replace(self._living[view.id], packets=view.packets, bytes=view.bytes)

    # Sessions that begin and end

    @contextmanager
    def opening(self) -> Iterator[Callable[[OpenedSession], None]]:
        """Hold this context open while the worker answers an offer.

        It yields a function that takes the answer. That function raises Unavailable if the session has ended before its
        answer was read.
        """
        self._openings += 1
        try:
            yield self._opened
        finally:
            self._openings -= 1
            if not self._openings:
                self._ended.clear()

    def _opened(self, session: OpenedSession) -> None:
        if session.id in self._ended:
            raise Unavailable("ended_at_once", "The picture ended while it was being opened: try again.")
        now = self._clock.monotonic()
        self._living[session.id] = SessionEvent("connected", session.id, None, now, 0, 0, session.stream)

    def forget(self, reason: CloseReason) -> None:
        """Note that the worker is gone: its sessions ended for ``reason``, its cameras are not pulled, and nothing else
        is known."""
        living, self._living = self._living, {}
        self._points, self._unchanged, self._views = {}, {}, ()
        now = self._clock.monotonic()
        for last in living.values():
            self._metrics.sessions_closed.labels(reason=reason).inc()
            self.events.session.tell(replace(last, kind="closed", reason=reason, at=now))
        if reason is CloseReason.SHUTDOWN:
            return
        for key in self._statuses:
            status = SourceStatus(*key, SourceState.DOWN, SourceReason.INTERNAL, GONE, self._clock.now())
            self.status_changed(status)
        for camera in {camera for camera, _ in self._statuses}:
            self.events.picture.tell(camera)
