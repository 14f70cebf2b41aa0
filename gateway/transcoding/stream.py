"""What viewers of a transcode subscribe to: its pictures, on the line and with the map of the stream it is made of."""

from collections.abc import Callable

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit
from gateway.metrics import Metrics
from gateway.models import StreamName, TimelinePoint
from gateway.relay.history import PacketGroup
from gateway.relay.line import CLOCK_RATE, unwrap
from gateway.relay.listeners import Listeners
from gateway.relay.stream import RelayStream, Subscription


class TranscodedStream(RelayStream):
    """Pictures keep the RTP time of the source, so that the source's map tells their age, whatever the transcode takes.

    ``on_watched`` is told True with the first subscriber and False when the last has left.
    """

    def __init__(self, source: RelayStream, clock: Clock, metrics: Metrics) -> None:
        super().__init__(source.camera_id, StreamName.TRANSCODED, clock, metrics)
        self.codec = "H264"
        self.on_watched: Listeners[bool] = Listeners("transcode_watched", metrics)
        self._source = source
        self._watchers = 0

    def subscribe(self, deliver: Callable[[PacketGroup], None]) -> Subscription:
        """As ``RelayStream.subscribe``; the first subscriber starts the transcode."""
        subscription = super().subscribe(deliver)
        self._watchers += 1
        if self._watchers == 1:
            self.on_watched.tell(True)
        left = False

        def close() -> None:
            nonlocal left
            subscription.close()
            if not left:
                left = True
                self._watchers -= 1
                if not self._watchers:
                    self.on_watched.tell(False)

        return Subscription(subscription.start_burst, close)

    def covers(self, rtp: int) -> bool:
        """As the source's map does."""
        return self._source.covers(rtp)

    def timeline(self) -> TimelinePoint | None:
        """The source's map."""
        return self._source.timeline()

    def start_timeline(self) -> TimelinePoint | None:
        """The source's map, said at the first picture of the start burst."""
        point, burst = self._source.timeline(), self.gop()
        if point is None or not burst:
            return None
        back = point.rtp - unwrap(burst[0].rtp, point.rtp)
        capture = point.capture - back / CLOCK_RATE
        return TimelinePoint(burst[0].rtp, capture, point.uncertainty, point.trusted, point.reason, point.epoch)

    def on_timeline(self, callback: Callable[[TimelinePoint], None]) -> Callable[[], None]:
        """As the source tells it."""
        return self._source.on_timeline(callback)

    def put(self, unit: AccessUnit) -> None:
        """One picture of the transcode. ``rtp`` is the time that it has towards viewers."""
        self._waiting = False
        self._hand_on(unit, unit.rtp)

    def end(self) -> None:
        """The transcode has ended: what it left is of the past, and nobody begins with it."""
        self._waiting = True
        self.history.forget_gop()
