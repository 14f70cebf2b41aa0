"""The stream of a transcode for its viewers: its pictures, with the RTP time and the map of the stream it is made
from."""

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.names import H264
from gateway.metrics import Metrics
from gateway.models import StreamName, TimelinePoint
from gateway.relay.outlet import Outlet
from gateway.relay.stream import RelayStream
from gateway.rtp.time import VIDEO_CLOCK_RATE, unwrap


class TranscodedStream:
    """A ``RelayStream`` of coded pictures that keep the RTP time of the source: its map tells their age, whatever the
    transcode takes.

    ``on_watched`` is told True with the first subscriber and False when the last has left.
    """

    passes = True

    def __init__(self, source: RelayStream, metrics: Metrics) -> None:
        self.camera_id = source.camera_id
        self.stream = StreamName.TRANSCODED
        self.codec = H264
        # The source's map, which says when a picture was captured.
        self.covers = source.covers
        self.timeline = source.timeline
        self.on_timeline = source.on_timeline
        self._outlet = Outlet(source.covers, metrics)
        self.history = self._outlet.history
        self.gop = self._outlet.gop
        self.on_withdrawn = self._outlet.withdrawn.add
        self.withdraw = self._outlet.withdraw
        self.on_watched = self._outlet.watchers.changed
        self.subscribe = self._outlet.subscribe

    @property
    def waiting_for_keyframe(self) -> bool:
        """Return True until the transcode has given its first picture."""
        return self._outlet.waiting

    def start_timeline(self) -> TimelinePoint | None:
        """The source's map, said at the first picture of the start burst."""
        point, burst = self.timeline(), self.gop()
        if point is None or not burst:
            return None
        back = point.rtp - unwrap(burst[0].rtp, point.rtp)
        capture = point.capture - back / VIDEO_CLOCK_RATE
        return TimelinePoint(burst[0].rtp, capture, point.uncertainty, point.trusted, point.reason, point.epoch)

    def put(self, unit: AccessUnit) -> None:
        """One picture of the transcode. ``rtp`` is the time that it has towards viewers."""
        self._outlet.waiting = False
        self._outlet.send(unit, unit.rtp)

    def end(self) -> None:
        """The transcode has ended: what it left is of the past, and nobody begins with it."""
        self._outlet.forget()
