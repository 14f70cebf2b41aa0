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
from gateway.codecs.recovery import Gathering, WholePicture, begins, refers_back
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName, TimelinePoint
from gateway.relay.dating import Dating, point_at
from gateway.relay.outlet import Outlet
from gateway.relay.packet_group import PacketGroup
from gateway.relay.stream import Subscription
from gateway.rtp.time import WRAP

NO_KEYFRAME_AFTER = 4.0
"""If only recovery points have arrived for this many seconds, no keyframe is expected any more. This is as long as two
groups of pictures usually are.
"""
BACKWARD_PICTURES = 3  # pictures shown before one that was sent earlier: this many are not an accident but B-frames


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
        self._metrics = metrics
        self._arrival = 0.0  # of the newest picture
        self._dating = dating = Dating(camera_id, stream, clock, metrics, clock_trusted)
        self.covers, self.timeline, self.on_timeline = dating.covers, dating.timeline, dating.on_timeline
        self.clock_sample, self.sender_report = dating.clock_sample, dating.sender_report
        self.next_clock_query = dating.next_clock_query
        self._outlet = Outlet(dating.covers, metrics)
        self.history = self._outlet.history
        self.watchers = self._outlet.watchers
        self._gathering = Gathering()
        self._on_whole: Listeners[WholePicture] = Listeners("relay_whole_picture", metrics)
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

    def start_timeline(self) -> TimelinePoint | None:
        """Return the same map at the first picture of the start burst, so that a page can date all of it."""
        point, start = self.timeline(), self._outlet.gop_start()
        return None if point is None or start is None else point_at(point, start)

    def on_whole(self, callback: Callable[[WholePicture], None]) -> Callable[[], None]:
        """Call ``callback`` with every picture that a new decoder can show whole: keyframes, or, if the camera sends
        none, one picture of each gradual refresh."""
        return self._on_whole.add(callback)

    def on_picture(self, callback: Callable[[Picture], None]) -> Callable[[], None]:
        """Call ``callback`` with every picture that can be decoded, even in a codec that is not sent to viewers."""
        return self._on_picture.add(callback)

    def on_beginning(self, callback: Callable[[None], None]) -> Callable[[], None]:
        """Call ``callback`` when the kind of picture with which a new viewer can begin changes."""
        return self._on_beginning.add(callback)

    def on_withdrawn(self, callback: Callable[[None], None]) -> Callable[[], None]:
        """Call ``callback`` at once when the last picture turns out to be torn, so that nothing follows before the next
        keyframe.
        """
        return self._outlet.withdrawn.add(callback)

    # SourceSink

    def connected(self, info: StreamInfo, at: float) -> None:
        """Begin a new RTSP session. ``codec`` is known from now on."""
        if info.codec != self.codec:
            self.history.forget_gop()
        self.codec, self._backward = info.codec, 0
        self._dating.connected(at)
        self._decodable, self._refreshed_since = False, None
        self._gathering.clear()
        self._outlet.waiting = True

    def disconnected(self, at: float) -> None:
        """End the RTSP session. Cached pictures stay, with their age, until the next keyframe."""
        self._dating.disconnected(at)
        self._outlet.waiting = True

    def access_unit(self, unit: AccessUnit) -> None:
        """Date one picture, and pass it on if viewers can decode it."""
        before, placed = self._dating.last, self._dating.picture(unit)
        self._backward += before is not None and not placed.restarted and placed.outgoing < before.outgoing
        together, self._arrival = unit.arrival == self._arrival, unit.arrival
        # Lists can wait for the next read, viewers cannot.
        if (not together or placed.restarted or self.watchers) and not self._dating.same(unit.arrival):
            self._dating.tell()
        waiting = self._outlet.waiting = not unit.keyframe and (self._outlet.waiting or unit.lost > 0)
        if unit.lost:
            self._decodable = False
            self._gathering.clear()
        fresh = not self._decodable and begins(unit)
        self._decodable = self._decodable or fresh
        if unit.keyframe:
            self._refreshed_since = None
        elif self._refreshed_since is None and unit.recovery != NONE and (waiting or not self.history.begun):
            self._refreshed_since = unit.arrival
        if waiting:
            self._metrics.dropped.labels("relay_waiting_for_keyframe").inc()
        elif not refers_back(unit):  # a viewer may have started, or restarted, with the keyframe before it
            self._outlet.send(unit, placed.outgoing % WRAP)
        if unit.keyframe or not self.history.begun:
            self._tell_beginning()
        if self._decodable:
            self._on_picture.tell(Picture(unit, placed.outgoing % WRAP, fresh))
            if self._gathering.concerns(unit) and (whole := self._gathering.take(unit)) is not None:
                self._on_whole.tell(whole)

    def withdraw(self) -> None:
        """Make all viewers wait for the next keyframe, and new viewers begin no earlier: the last picture is torn."""
        self._decodable = False
        self._gathering.clear()
        self._outlet.withdraw()

    def _tell_beginning(self) -> None:
        beginning = self.begins, self.history.gave_up
        if beginning != self._told_beginning:
            self._told_beginning = beginning
            self._on_beginning.tell(None)
