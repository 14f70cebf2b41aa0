"""Observes what a camera stream delivers on its way to the sink: how late its pictures are, and what its clock
reads."""

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.rtp.time import VIDEO_CLOCK_RATE
from gateway.sources.media import ClockSample, SenderReport, SourceSink
from gateway.sources.observing.clock_watch import ClockWatch
from gateway.sources.observing.lateness import Lateness


class Watch:
    """A ``SourceSink`` that passes everything on to another. It lives as long as its source, across all connections."""

    def __init__(self, sink: SourceSink, clock: Clock) -> None:
        self.lateness = Lateness()
        self.camera_clock = ClockWatch()
        self._sink = sink
        self._clock = clock
        self._rate = VIDEO_CLOCK_RATE
        self._unreported_since: float | None = None

    def connected(self, info: StreamInfo, at: float) -> None:
        """Begin with a new RTSP session, in which no delay has built up yet."""
        self.lateness = Lateness()
        self._rate = info.clock_rate
        self._unreported_since = at
        self._sink.connected(info, at)

    def access_unit(self, unit: AccessUnit) -> None:
        """Process one complete picture."""
        self.lateness.picture(unit.rtp, unit.arrival, self._rate)
        self._sink.access_unit(unit)

    def unreported(self, now: float) -> float:
        """Return for how many seconds the stream has played without any sender report, or 0 once there was one."""
        return 0.0 if self._unreported_since is None else now - self._unreported_since

    def withdraw(self) -> None:
        """Pass on that the last picture turned out to be incomplete."""
        self._sink.withdraw()

    def sender_report(self, report: SenderReport) -> None:
        """Pass on a sender report."""
        self._unreported_since = None
        self._sink.sender_report(report)

    def clock_sample(self, sample: ClockSample) -> None:
        """Process the camera's wall-clock time. If the gateway's own clock was set, the camera's is wrong only if it
        agrees with neither of the gateway's times."""
        gateway_time, told = self._clock.monotonic(), sample.date + 0.5 - sample.received
        ours = (self._clock.wall() - gateway_time, self._clock.now() - gateway_time)
        self.camera_clock.sample(sample, min(ours, key=lambda wall: abs(told - wall)))
        self._sink.clock_sample(sample)

    def next_clock_query(self, now: float) -> float:
        """Return the gateway time at which to ask the camera for its clock."""
        return self._sink.next_clock_query(now)

    def disconnected(self, at: float) -> None:
        """Pass on that the RTSP session is over."""
        self.lateness = Lateness()
        self._sink.disconnected(at)
