"""Computes rates over the last seconds from counters that only grow. Pure."""

from collections import deque
from typing import NamedTuple

WINDOW = 5.0
SHORTEST = 0.9


class Counters(NamedTuple):
    """Totals of one connection: pictures passed on, octets of payload, packets received and packets missing."""

    units: int = 0
    octets: int = 0
    packets: int = 0
    lost: int = 0


class Rates(NamedTuple):
    """Pictures per second, bits per second, and the fraction of packets that is missing."""

    fps: float = 0.0
    bitrate_bps: float = 0.0
    loss: float = 0.0


class RateWindow:
    """Turns counters into rates over the last ``WINDOW`` seconds."""

    def __init__(self, now: float) -> None:
        self._marks: deque[tuple[float, Counters]] = deque([(now, Counters())])

    def mark(self, now: float, counters: Counters) -> Rates:
        """Process the counters at ``now``. Call this about once a second."""
        while len(self._marks) > 1 and self._marks[1][0] <= now - WINDOW:
            self._marks.popleft()
        then, before = self._marks[0]
        self._marks.append((now, counters))
        seconds = now - then
        if seconds < SHORTEST:
            return Rates()
        units, octets, packets, lost = (new - old for new, old in zip(counters, before, strict=True))
        return Rates(units / seconds, octets * 8 / seconds, lost / (packets + lost) if packets + lost else 0.0)
