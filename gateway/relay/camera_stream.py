"""Relays one camera stream to many viewers: packetised once, kept since the last keyframe, with capture times.

Nothing that a viewer could not decode is passed on. After a loss the stream waits for the next keyframe, since a
picture predicted from a missing one shows parts of the past as if they were the present. All of it runs on the event
loop, synchronously, in the calls of ``SourceSink``. An exception in a subscriber does not affect the others.
"""

from collections.abc import Callable
from typing import NamedTuple

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.nal.recovery import NONE
from gateway.codecs.recovery import begins, refers_back
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName, TimelinePoint
from gateway.relay.history import PacketGroup
from gateway.relay.line import Line, Placed
from gateway.relay.outlet import Outlet
from gateway.relay.stream import Subscription
from gateway.relay.timeline import Timeline
from gateway.rtp.time import VIDEO_CLOCK_RATE, WRAP, unwrap
from gateway.sources.media import ClockSample, SenderReport

MOVED = 0.05  # seconds by which the map may move before viewers are told at once, instead of once a second
NO_KEYFRAME_AFTER = 4.0
"""Seconds of recovery points without a keyframe after which none is expected any more: two usual groups of pictures."""
BACKWARD_PICTURES = 3  # pictures shown before one that was sent earlier: this many are no accident but B-frames


class Picture(NamedTuple):
    """One picture that can be decoded after those before it, and its RTP time for viewers. ``fresh``: a decoder begins
    with it, because it does not refer to those before it."""

    unit: AccessUnit
    rtp: int
    fresh: bool = False


class CameraStream:
    """The ``SourceSink`` of one camera stream, and the ``RelayStream`` that its viewers subscribe to."""

    def __init__(
        self,
        camera_id: CameraId,
        stream: StreamName,
        clock: Clock,
        metrics: Metrics,
        clock_trusted: bool = False,
        pass_b_frames: bool = True,
    ) -> None:
        self.camera_id = camera_id
        self.stream = stream
        self.codec = ""
        self._pass_b_frames = pass_b_frames
        self._backward = 0
        self._decodable = False
        self._refreshed_since: float | None = None
        self._clock = clock
        self._metrics = metrics
        self._line = Line()
        self._timeline = Timeline(clock_trusted)
        self._epoch = 0
        self._laid = 0
        self._last: Placed | None = None
        self._told: tuple[bool, str, int] | None = None
        self._told_base = 0.0
        self._arrival = 0.0  # of the newest picture
        self._early_report: SenderReport | None = None
        self._outlet = Outlet(self.covers, metrics)
        self.history = self._outlet.history
        self.watchers = self._outlet.watchers
        self._on_timeline: Listeners[TimelinePoint] = Listeners("relay_timeline", metrics)
        self._on_keyframe: Listeners[AccessUnit] = Listeners("relay_keyframe", metrics)
        self._on_picture: Listeners[Picture] = Listeners("relay_picture", metrics)
        self._on_beginning: Listeners[None] = Listeners("relay_beginning", metrics)
        self._told_beginning = (True, False)

    @property
    def begins(self) -> bool:
        """Return False if keyframes are missing, so that no viewer can begin with the pictures as they come, whereas a
        transcode can begin at the camera's recovery points."""
        since = self._refreshed_since
        return since is None or self._arrival - since < NO_KEYFRAME_AFTER

    # For viewers and the page

    @property
    def waiting_for_keyframe(self) -> bool:
        """Return True while nothing is delivered: a connection is new, or packets were lost, and no keyframe has
        arrived since."""
        return self._outlet.waiting

    @property
    def passes(self) -> bool:
        """Return True if viewers may be sent the pictures as the camera sends them. They may not if there are B-frames,
        which browsers do not play live, and the camera's settings have them transcoded."""
        return self._pass_b_frames or self._backward < BACKWARD_PICTURES

    def subscribe(self, deliver: Callable[[PacketGroup], None]) -> Subscription:
        """Call ``deliver`` with every group after those of the start burst, until closed."""
        return self._outlet.subscribe(deliver)

    def gop(self) -> tuple[PacketGroup, ...]:
        """Return all groups since the last keyframe that the map covers, oldest first."""
        return self._outlet.gop()

    def covers(self, rtp: int) -> bool:
        """Return True if the current map covers a picture with this RTP time, and not an earlier map."""
        return self._last is not None and unwrap(rtp, self._last.outgoing) >= self._laid

    def timeline(self) -> TimelinePoint | None:
        """Return the map between RTP time and capture time at the newest picture, or None before the first."""
        return None if self._last is None else self._point(self._last)

    def start_timeline(self) -> TimelinePoint | None:
        """Return the same map at the first picture of the start burst, so that a page can date all of it."""
        start = self._outlet.gop_start()
        if self._last is None or start is None:
            return None
        back = self._last.outgoing - unwrap(start, self._last.outgoing)
        return self._point(self._last, back)

    def on_timeline(self, callback: Callable[[TimelinePoint], None]) -> Callable[[], None]:
        """Call ``callback`` at once when the trust, its reason or the epoch changes, or when the map moves by more than
        ``MOVED``."""
        return self._on_timeline.add(callback)

    def on_keyframe(self, callback: Callable[[AccessUnit], None]) -> Callable[[], None]:
        """Call ``callback`` with every picture that can be decoded alone, as the camera sent it."""
        return self._on_keyframe.add(callback)

    def on_picture(self, callback: Callable[[Picture], None]) -> Callable[[], None]:
        """Call ``callback`` with every picture that can be decoded, even in a codec that is not sent to viewers."""
        return self._on_picture.add(callback)

    def on_beginning(self, callback: Callable[[None], None]) -> Callable[[], None]:
        """Call ``callback`` when the kind of picture with which a new viewer can begin changes."""
        return self._on_beginning.add(callback)

    def on_withdrawn(self, callback: Callable[[None], None]) -> Callable[[], None]:
        """Call ``callback`` at once when the last picture proves to be torn, so that nothing follows before the next
        keyframe."""
        return self._outlet.withdrawn.add(callback)

    # SourceSink

    def connected(self, info: StreamInfo, at: float) -> None:
        """Begin a new RTSP session. ``codec`` is known from now on."""
        if info.codec != self.codec:
            self.history.forget_gop()
        self.codec, self._backward = info.codec, 0
        self._line.restart()
        self._timeline.connected(at)
        self._early_report = None
        self._decodable, self._refreshed_since = False, None
        self._outlet.waiting = True

    def disconnected(self, at: float) -> None:
        """End the RTSP session. Cached pictures stay, with their age, until the next keyframe."""
        self._timeline.disconnected(at)
        self._outlet.waiting = True

    def access_unit(self, unit: AccessUnit) -> None:
        """Date one picture, and pass it on if viewers can decode it."""
        placed = self._line.place(unit.rtp, unit.arrival)
        self._backward += self._last is not None and not placed.restarted and placed.outgoing < self._last.outgoing
        if placed.restarted:
            self._epoch += 1
            self._laid = placed.outgoing
        self._last = placed
        self._timeline.picture(placed.media / VIDEO_CLOCK_RATE, unit.arrival, placed.leap, self._walls())
        if self._early_report is not None:
            report, self._early_report = self._early_report, None
            self.sender_report(report)
        together, self._arrival = unit.arrival == self._arrival, unit.arrival
        if not together or placed.restarted or self.watchers:  # lists can wait for the next read, viewers cannot
            self._tell_timeline()
        waiting = self._outlet.waiting = not unit.keyframe and (self._outlet.waiting or unit.lost > 0)
        if unit.lost:
            self._decodable = False
        fresh = not self._decodable and begins(unit)
        self._decodable = self._decodable or fresh
        if unit.keyframe:
            self._refreshed_since = None
        elif self._refreshed_since is None and unit.recovery != NONE and (waiting or not self.history.begun):
            self._refreshed_since = unit.arrival
        if waiting:
            self._metrics.dropped.labels("relay_waiting_for_keyframe").inc()
        elif not refers_back(unit):  # a viewer may have begun, or begun again, with the keyframe before it
            self._outlet.send(unit, placed.outgoing % WRAP)
        if unit.keyframe or not self.history.begun:
            self._tell_beginning()
        if self._decodable:
            self._on_picture.tell(Picture(unit, placed.outgoing % WRAP, fresh))
            if unit.keyframe or unit.recovery == 0:
                self._on_keyframe.tell(unit)

    def withdraw(self) -> None:
        """Make all viewers wait for the next keyframe, and new viewers begin no earlier: the last picture is torn."""
        self._decodable = False
        self._outlet.withdraw()

    def sender_report(self, report: SenderReport) -> None:
        """Relate the camera's media clock to its wall clock. A report that precedes the first picture is kept for
        it."""
        media = self._line.media_of(report.rtp)
        if media is None:
            self._early_report = report
            return
        self._timeline.sender_report(media / VIDEO_CLOCK_RATE, report.ntp, report.arrival)
        self._tell_timeline()

    def clock_sample(self, sample: ClockSample) -> None:
        """Check the camera's wall clock against gateway time."""
        self._timeline.clock_sample(sample)
        if (offset := self._timeline.offset(sample.received)) is not None:
            ahead = (offset.low + offset.high) / 2 - self._walls()[0]
            self._metrics.source_clock_offset_seconds.labels(self.camera_id, self.stream).set(ahead)
        self._tell_timeline()

    def next_clock_query(self, now: float) -> float:
        """Return the gateway time at which to ask the camera for its ``Date``."""
        return self._timeline.next_clock_query(now)

    # Inside

    def _walls(self) -> tuple[float, float]:
        """Return the machine's clock as it is set, and as it would be if it had not been set, both minus gateway
        time."""
        gateway_time = self._clock.monotonic()
        return self._clock.wall() - gateway_time, self._clock.now() - gateway_time

    def _point(self, placed: Placed, back: int = 0) -> TimelinePoint:
        """Return the current map at ``back`` ticks before a picture."""
        m = self._timeline.map(self._clock.monotonic())
        capture = (placed.media - back) / VIDEO_CLOCK_RATE + m.intercept
        return TimelinePoint((placed.outgoing - back) % WRAP, capture, m.uncertainty, m.trusted, m.reason, self._epoch)

    def _tell_beginning(self) -> None:
        beginning = self.begins, self.history.gave_up
        if beginning != self._told_beginning:
            self._told_beginning = beginning
            self._on_beginning.tell(None)

    def _tell_timeline(self) -> None:
        placed = self._last
        if placed is None:
            return
        m = self._timeline.map(self._clock.monotonic())
        now_true = (m.trusted, m.reason, self._epoch)
        base = m.intercept + (placed.media - placed.outgoing) / VIDEO_CLOCK_RATE  # when RTP time for viewers was 0
        if now_true == self._told and abs(base - self._told_base) <= MOVED:
            return
        self._told, self._told_base = now_true, base
        point = self._point(placed)
        self._metrics.source_clock_trusted.labels(self.camera_id, self.stream).set(point.trusted)
        self._on_timeline.tell(point)
