"""Measures how much the delay of a camera's pictures has grown, which needs no wall clock. Pure.

The delay itself is unknown, but arrival minus media time differs from it by a constant. Compared with its running
minimum, it says by how much a picture is later than the earliest one was. The minimum rises by ``DRIFT``, to allow for
a slow media clock.
"""

from gateway.rtp.clocks import RunningMinimum

SAME_WITHIN = 0.005
_SAME_FOR = 0.1
_RECENT = 0.1  # seconds per second by which the recent minimum rises
_NEVER = (float("-inf"), 0.0, 0.0)


class Growth:
    """Keeps the minima of arrival minus media time over one RTSP session. All times are in seconds."""

    def __init__(self) -> None:
        self._earliest, self._recent = RunningMinimum(), RunningMinimum(_RECENT)
        self._arrival = 0.0
        self._looked = _NEVER  # when ``same`` last returned False, and the minima at that time

    @property
    def earliest(self) -> float:
        """Return the smallest difference of the whole session, allowing for drift."""
        return self._earliest.value

    @property
    def recent(self) -> float:
        """Return the smallest difference of the last few seconds."""
        return self._recent.value

    def add(self, media: float, arrival: float) -> None:
        """Process a picture that continues the media time."""
        passed, self._arrival = arrival - self._arrival, arrival
        self._earliest.add(arrival - media, passed)
        self._recent.add(arrival - media, passed)

    def leapt(self, media: float, arrival: float) -> None:
        """Process a picture whose media time has leapt. Only the recent minimum begins again with it."""
        passed, self._arrival = arrival - self._arrival, arrival
        self._earliest.add(arrival - media, passed)
        self._recent.restart(arrival - media)
        self._looked = _NEVER

    def restart(self, media: float, arrival: float) -> None:
        """Measure again, beginning with this picture."""
        self._arrival = arrival
        self._earliest.restart(arrival - media)
        self._recent.restart(arrival - media)
        self._looked = _NEVER

    def forget_older(self) -> None:
        """Forget what is not recent: it was measured with another media time."""
        self._earliest.restart(self._recent.value)

    def look_again(self) -> None:
        """Let ``same`` return False once."""
        self._looked = _NEVER

    def same(self, now: float) -> bool:
        """Return True if neither minimum has moved by more than ``SAME_WITHIN`` seconds since this last returned False,
        0.1 s ago at most. Finding that out costs much less than computing the map with every picture."""
        at, recent, earliest = self._looked
        if (
            now - at < _SAME_FOR
            and abs(self._recent.value - recent) < SAME_WITHIN
            and abs(self._earliest.value - earliest) < SAME_WITHIN
        ):
            return True
        self._looked = now, self._recent.value, self._earliest.value
        return False
