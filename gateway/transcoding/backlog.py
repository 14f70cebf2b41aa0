"""Holds the pictures that wait to be transcoded: from the last keyframe on, and never more than the transcoder can
catch up with. Pure.

A transcode that falls behind shows fewer pictures, not old ones. All waiting pictures are decoded, since later pictures
refer to them, but only the newest is encoded. When a keyframe arrives, everything that waits before it is dropped.
"""

from collections import deque
from collections.abc import Iterable

from gateway.relay.camera_stream import Picture
from gateway.rtp.time import VIDEO_CLOCK_RATE, unwrap
from gateway.transcoding.jobs import Job

MAX_PICTURES = 1024
MAX_BYTES = 16 * 1024 * 1024
SHOWN_EVERY = VIDEO_CLOCK_RATE // 2
"""While the transcode is behind, one picture is encoded every so many ticks even if it is not the newest: a late
picture is better than none."""


class _Queue:
    """Queues pictures within bounds."""

    def __init__(self, pictures: Iterable[Picture] = ()) -> None:
        self._pictures = deque(pictures)
        self._bytes = sum(map(_size, self._pictures))

    def __len__(self) -> int:
        return len(self._pictures)

    def copy(self) -> "_Queue":
        """Return another queue with the same pictures."""
        return _Queue(self._pictures)

    def append(self, picture: Picture) -> bool:
        """Add a picture. Return False if the queue is now over its bounds."""
        self._pictures.append(picture)
        self._bytes += _size(picture)
        return len(self._pictures) <= MAX_PICTURES and self._bytes <= MAX_BYTES

    def popleft(self) -> Picture:
        """Remove and return the oldest picture."""
        picture = self._pictures.popleft()
        self._bytes -= _size(picture)
        return picture

    def clear(self) -> None:
        """Remove all pictures."""
        self._pictures.clear()
        self._bytes = 0


class Backlog:
    """Holds the waiting pictures of one camera stream. It keeps those since the last keyframe, so that a transcode can
    begin at once.

    ``dropped`` counts the pictures dropped while a transcode ran.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._running = False
        self._since_keyframe = _Queue()
        self._waiting = _Queue()
        self._follows = False  # the next picture refers to what the decoder has or will have
        self._fresh = True
        self._shown: int | None = None
        self._time = 0

    def begin(self) -> None:
        """Begin with a new decoder, which is given everything since the last keyframe."""
        self._running, self._fresh, self._shown = True, True, None
        self._waiting = self._since_keyframe.copy()
        self._follows = bool(self._waiting)

    def end(self) -> None:
        """Note that the transcode has stopped."""
        self._running = False
        self._waiting.clear()

    def forget(self) -> None:
        """Drop everything: viewers are sent the camera's stream as it is."""
        if not self._since_keyframe and not self._waiting and not self._follows:
            return  # as with nearly every picture of nearly every camera
        self._since_keyframe.clear()
        self._waiting.clear()
        self._follows = False

    def take(self, picture: Picture) -> None:
        """Add the camera's next picture."""
        if picture.unit.keyframe:
            self._since_keyframe.clear()
        begun = picture.unit.keyframe or len(self._since_keyframe) > 0
        if begun and not self._since_keyframe.append(picture):
            self._since_keyframe.clear()
        if not self._running:
            return
        if picture.unit.keyframe:
            self._let_go()
            self._follows = True
        if self._follows:
            if not self._waiting.append(picture):
                self._let_go()
                self._follows = False
        else:
            self.dropped += 1

    def next(self) -> tuple[Job, float] | None:
        """Return the next job for the decoder and the time at which its picture arrived, or None if nothing waits."""
        if not self._waiting:
            return None
        picture = self._waiting.popleft()
        self._time = unwrap(picture.rtp, self._time)
        overdue = self._shown is not None and self._time - self._shown >= SHOWN_EVERY
        show = overdue or not self._waiting
        if show:
            self._shown = self._time
        fresh, self._fresh = self._fresh, False
        return Job(picture.unit.codec, show, fresh, self._time, picture.unit.nals), picture.unit.arrival

    def _let_go(self) -> None:
        if self._waiting:
            self.dropped += len(self._waiting)
            self._waiting.clear()
            self._fresh = True


def _size(picture: Picture) -> int:
    return sum(map(len, picture.unit.nals))
