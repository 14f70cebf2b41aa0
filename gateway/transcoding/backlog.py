"""Holds the pictures that are waiting to be transcoded: those since the last keyframe, and never more than the
transcoder can catch up with. Pure.

A transcode that falls behind shows fewer pictures, not old ones. All waiting pictures are decoded, since later pictures
refer to them, but only the newest is encoded. When a keyframe arrives, everything that is waiting before it is dropped.
If the camera sends recovery points instead of keyframes, pictures are decoded but not shown until they are whole.
"""

from gateway.codecs.recovery import Recovery, begins
from gateway.relay.camera_stream import Picture
from gateway.rtp.time import VIDEO_CLOCK_RATE, unwrap
from gateway.transcoding.jobs import Job
from gateway.transcoding.kept import KeptPictures, Pictures

SHOWN_EVERY = VIDEO_CLOCK_RATE // 2
"""While the transcode is behind, one picture per this many ticks is encoded even if it is not the newest: a late
picture is better than none."""


class Backlog:
    """Holds the waiting pictures of one camera stream. It keeps those since the last keyframe, so that a transcode can
    begin at once.

    ``dropped`` counts the pictures dropped while a transcode ran.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._running = False
        self._kept = KeptPictures()
        self._waiting = Pictures()
        self._recovery: Recovery | None = None  # how far the decoder has got with the pictures it was given
        self._follows = False  # the next picture refers to what the decoder has or will have
        self._fresh = True
        self._shown: int | None = None
        self._time = 0

    def begin(self) -> None:
        """Begin with a new decoder, which is given everything since the last keyframe."""
        self._running, self._fresh, self._shown = True, True, None
        self._waiting = Pictures(self._kept)
        self._follows = bool(self._waiting)

    def end(self) -> None:
        """Note that the transcode has stopped."""
        self._running = False
        self._waiting.clear()

    def forget(self) -> None:
        """Drop everything: viewers are sent the camera's stream as it is."""
        if not self._kept and not self._waiting and not self._follows:
            return  # as with nearly every picture of nearly every camera
        self._kept.clear()
        self._waiting.clear()
        self._follows = False

    def take(self, picture: Picture) -> None:
        """Add the camera's next picture."""
        unit = picture.unit
        self._kept.take(picture)
        if not self._running:
            return
        if unit.keyframe or unit.recovery == 0 or picture.fresh:
            self._let_go()
        if picture.fresh or (begins(unit) and not self._follows):
            self._fresh = self._follows = True
        if self._follows:
            if not self._waiting.append(picture):
                self._let_go()
                self._follows = False
        else:
            self.dropped += 1

    def next(self) -> tuple[Job, float] | None:
        """Return the next job for the decoder and the time at which its picture arrived, or None if nothing is
        waiting."""
        if not self._waiting:
            return None
        picture = self._waiting.popleft()
        unit = picture.unit
        self._time = unwrap(picture.rtp, self._time)
        fresh, self._fresh = self._fresh, False
        if fresh or unit.keyframe or self._recovery is None:
            self._recovery = Recovery(unit)
        whole = self._recovery.whole
        self._recovery.follow(unit)
        overdue = self._shown is not None and self._time - self._shown >= SHOWN_EVERY
        show = whole and (overdue or not self._waiting)
        if show:
            self._shown = self._time
        return Job(unit.codec, show, fresh, self._time, unit.nals, whole), unit.arrival

    def _let_go(self) -> None:
        if self._waiting:
            self.dropped += len(self._waiting)
            self._waiting.clear()
            self._fresh = True
