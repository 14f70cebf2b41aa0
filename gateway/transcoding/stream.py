"""Sends the pictures of a transcode. They keep the RTP time, and the map to capture time, of the stream that they are
made from."""

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.names import H264
from gateway.metrics import Metrics
from gateway.models import StreamName, TimelinePoint
from gateway.relay.dating import point_at
from gateway.relay.outlet import Outlet
from gateway.relay.stream import RelayStream


class TranscodedStream:
    """A ``RelayStream`` of transcoded pictures that keep the RTP time of the source. The source's map therefore gives
    their true age, including the time that transcoding takes.

    ``on_watched`` is called with True when the first subscriber arrives and with False when the last has left.
    """

    passes = True
    begins = True

    def __init__(self, source: RelayStream, metrics: Metrics) -> None:
        self.camera_id = source.camera_id
        self.stream = StreamName.TRANSCODED
        self.codec = H264
        # The source's map says when each picture was captured.
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
        """Return True until the transcode has produced its first picture."""
        return self._outlet.waiting

    def start_timeline(self) -> TimelinePoint | None:
        """Return the source's map at the first picture of the start burst, or None."""
        point, start = self.timeline(), self._outlet.gop_start()
        return None if point is None or start is None else point_at(point, start)

    def put(self, unit: AccessUnit) -> None:
        """Send one transcoded picture. Its ``rtp`` is already the time that viewers see."""
        self._outlet.waiting = False
        self._outlet.send(unit, unit.rtp)

    def end(self) -> None:
        """Note that the transcode has ended. Its old pictures are dropped, so that no viewer begins with them."""
        self._outlet.forget()
