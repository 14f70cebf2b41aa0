"""Dates the pictures of one camera stream: gives each its RTP time for viewers, maps that to capture time, and tells
viewers when the map changes."""

from collections.abc import Callable
from dataclasses import replace

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName, TimelinePoint
from gateway.relay.growth import SAME_WITHIN
from gateway.relay.line import Line, Placed
from gateway.relay.timeline import NO_WALLS, Timeline
from gateway.rtp.time import VIDEO_CLOCK_RATE, WRAP, unwrap
from gateway.sources.media import ClockSample, SenderReport

MOVED = 0.05  # seconds by which the map may move before viewers are told at once, instead of once a second


def point_at(point: TimelinePoint, rtp: int) -> TimelinePoint:
    """Return the same map at another picture, whose RTP time is ``rtp``."""
    back = point.rtp - unwrap(rtp, point.rtp)
    return replace(point, rtp=rtp, capture=point.capture - back / VIDEO_CLOCK_RATE)


class Dating:
    """The time of one camera stream. ``last`` is that of the newest picture."""

    def __init__(
        self, camera_id: CameraId, stream: StreamName, clock: Clock, metrics: Metrics, clock_trusted: bool
    ) -> None:
        self.last: Placed | None = None
        self._clock = clock
        self._labels = (camera_id, stream)
        self._metrics = metrics
        self._line = Line()
        self._timeline = Timeline(clock_trusted)
        self._epoch = 0
        self._laid = 0
        self._told: tuple[bool, str, int] | None = None
        self._told_base = 0.0
        self._early_report: SenderReport | None = None
        self._on_timeline: Listeners[TimelinePoint] = Listeners("relay_timeline", metrics)
        self.same = self._timeline.same
        self.next_clock_query = self._timeline.next_clock_query
        self.disconnected = self._timeline.disconnected

    def covers(self, rtp: int) -> bool:
        """Return True if the current map covers a picture with this RTP time, and not an earlier map."""
        return self.last is not None and unwrap(rtp, self.last.outgoing) >= self._laid

    def timeline(self) -> TimelinePoint | None:
        """Return the map between RTP time and capture time at the newest picture, or None before the first."""
        return None if self.last is None else self._point(self.last)

    def on_timeline(self, callback: Callable[[TimelinePoint], None]) -> Callable[[], None]:
        """Call ``callback`` at once when the trust, its reason or the epoch changes, or when the map moves by more than
        ``MOVED``."""
        return self._on_timeline.add(callback)

    def connected(self, at: float) -> None:
        """Begin a new RTSP session."""
        self._line.restart()
        self._timeline.connected(at)
        self._early_report = None

    def picture(self, unit: AccessUnit) -> Placed:
        """Return the time of the next picture. Call ``tell`` afterwards, unless ``same`` returns True."""
        placed = self._line.place(unit.rtp, unit.arrival)
        if placed.restarted:
            self._epoch += 1
            self._laid = placed.outgoing
        self.last = placed
        walls = self._walls() if self._timeline.uses_walls else NO_WALLS
        self._timeline.picture(placed.media / VIDEO_CLOCK_RATE, unit.arrival, placed.leap, walls)
        if self._early_report is not None:
            report, self._early_report = self._early_report, None
            self.sender_report(report)
        return placed

    def sender_report(self, report: SenderReport) -> None:
        """Relate the camera's media clock to its wall clock. A report that precedes the first picture is kept for
        it."""
        media = self._line.media_of(report.rtp)
        if media is None:
            self._early_report = report
            return
        self._timeline.sender_report(media / VIDEO_CLOCK_RATE, report.ntp, report.arrival)
        self.tell()

    def clock_sample(self, sample: ClockSample) -> None:
        """Check the camera's wall clock against gateway time."""
        self._timeline.clock_sample(sample)
        if (offset := self._timeline.offset(sample.received)) is not None:
            ahead = (offset.low + offset.high) / 2 - self._walls()[0]
            self._metrics.source_clock_offset_seconds.labels(*self._labels).set(ahead)
        self.tell()

    def tell(self) -> None:
        """Tell viewers the map, if it has changed."""
        placed = self.last
        if placed is None:
            return
        m = self._timeline.map(self._clock.monotonic())
        now_true = (m.trusted, m.reason, self._epoch)
        base = m.intercept + (placed.media - placed.outgoing) / VIDEO_CLOCK_RATE  # when RTP time for viewers was 0
        if now_true == self._told and abs(base - self._told_base) <= MOVED - SAME_WITHIN:
            return
        self._told, self._told_base = now_true, base
        point = self._point(placed)
        self._metrics.source_clock_trusted.labels(*self._labels).set(point.trusted)
        self._on_timeline.tell(point)

    def _walls(self) -> tuple[float, float]:
        """Return the machine's clock as it is set, and as it would be if it had not been set, both minus gateway
        time."""
        gateway_time = self._clock.monotonic()
        return self._clock.wall() - gateway_time, self._clock.now() - gateway_time

    def _point(self, placed: Placed) -> TimelinePoint:
        """Return the current map at a picture."""
        m = self._timeline.map(self._clock.monotonic())
        capture = placed.media / VIDEO_CLOCK_RATE + m.intercept
        return TimelinePoint(placed.outgoing % WRAP, capture, m.uncertainty, m.trusted, m.reason, self._epoch)
