"""Notices if a network keeps losing a camera's datagrams, not just once. Pure."""

from collections import deque

LEAST, WINDOW = 18.0, 60.0
"""The shortest and longest time that is judged, in seconds: at 1 % loss, a slow stream loses a datagram every ten
seconds.
"""
LOSSY = 0.002
"""A loss of this fraction of all datagrams affects most groups of pictures: no picture after the loss can be used."""
LOSSY_SECONDS = 5
"""Losses in fewer seconds than this are a burst, which another carrier would not have avoided."""


class DatagramLoss:
    """Measures lasting loss. Call ``mark`` with the counters of one connection about once a second."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int, int]] = deque()

    def mark(self, now: float, packets: int, lost: int) -> float:
        """Process the totals of received and lost packets. Return the fraction that is lost if the loss persists, or
        else 0.
        """
        self._marks.append((now, packets, lost))
        while now - self._marks[0][0] > WINDOW:
            self._marks.popleft()
        first, *rest = self._marks
        if not rest or now - first[0] < LEAST:
            return 0.0
        came, missing = packets - first[1], lost - first[2]
        pairs = zip(self._marks, rest, strict=False)
        lossy = sum(after[2] > before[2] for before, after in pairs)
        fraction = missing / (came + missing) if came + missing else 0.0
        return fraction if fraction >= LOSSY and lossy >= LOSSY_SECONDS else 0.0
