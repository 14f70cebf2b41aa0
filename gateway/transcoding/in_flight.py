"""Keeps the jobs that a transcoding process has not finished, and when their pictures arrived. Pure; time is an
argument."""

from collections import deque

from gateway.errors import Malformed

MOST = 3
"""The most jobs that one process has at a time."""
MAX_ARRIVALS = 64
"""The number of arrival times kept. A decoder holds back fewer pictures than this, even with B-frames."""


class InFlight:
    """Holds the unfinished jobs of one process, which finishes them in order. All times are in gateway seconds."""

    def __init__(self) -> None:
        self._given: deque[float] = deque()
        self._arrivals: dict[int, float] = {}

    @property
    def full(self) -> bool:
        """Return True if the process should get no more jobs now."""
        return len(self._given) >= MOST

    def begin(self) -> None:
        """Start over with another process."""
        self._given.clear()
        self._arrivals.clear()

    def give(self, time: int, arrival: float, now: float) -> None:
        """Note that the process was given the picture of this RTP ``time``, which arrived at ``arrival``."""
        self._given.append(now)
        self._arrivals[time] = arrival
        if len(self._arrivals) > MAX_ARRIVALS:
            del self._arrivals[next(iter(self._arrivals))]

    def done(self) -> None:
        """Note that the oldest job is done. Raises Malformed if there is none."""
        if not self._given:
            raise Malformed("a job was reported as done that was not given")
        self._given.popleft()

    def withdraw(self) -> None:
        """Forget the pictures: their results must not be shown."""
        self._arrivals.clear()

    def arrival(self, time: int) -> float | None:
        """Return when the picture of this RTP time arrived, or None if it was withdrawn or was given too long ago."""
        return self._arrivals.get(time)

    def waits_for(self, now: float) -> float:
        """Return the seconds since the oldest job was given, 0 if there is none."""
        return now - self._given[0] if self._given else 0.0
