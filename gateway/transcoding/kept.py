"""Keeps the pictures with which a decoder can begin. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator

from gateway.codecs.recovery import Recovery, begins
from gateway.relay.camera_stream import Picture

MAX_PICTURES = 1024
MAX_BYTES = 16 * 1024 * 1024
MAX_STARTS = 16
"""The number of recovery points that are tracked at a time."""


class Pictures:
    """A bounded queue of pictures."""

    def __init__(self, pictures: Iterable[Picture] = ()) -> None:
        self._pictures = deque(pictures)
        self._bytes = sum(map(_size, self._pictures))

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self._pictures)

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


class KeptPictures(Pictures):
    """The pictures since the last keyframe. If the camera sends none, and refreshes its picture part by part instead,
    they are the pictures since the newest recovery point after which the picture has become whole."""

    def __init__(self) -> None:
        super().__init__()
        self._removed = 0
        self._starts: deque[tuple[int, Recovery]] = deque()
        """A place where a decoder can begin: the number of pictures ever kept before it, and how far a decoder that
        began there would have got by now.
        """

    def take(self, picture: Picture) -> None:
        """Keep a picture if a decoder can begin with it or with an earlier one."""
        unit = picture.unit
        if picture.fresh or unit.keyframe:
            self.clear()
        if begins(unit) and len(self._starts) < MAX_STARTS:
            self._starts.append((self._removed + len(self), Recovery(unit)))
        if not self._starts:
            return
        while len(self._starts) > 1 and self._starts[1][1].whole:
            self._starts.popleft()
        while self._removed < self._starts[0][0]:
            self.popleft()
            self._removed += 1
        for _, recovery in self._starts:
            recovery.follow(unit)
        if not self.append(picture):
            self.clear()

    def clear(self) -> None:
        """Remove all pictures."""
        super().clear()
        self._starts.clear()


def _size(picture: Picture) -> int:
    return sum(map(len, picture.unit.nals))
