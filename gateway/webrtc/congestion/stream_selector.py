"""When a viewer goes from main stream to substream and back. Pure: time is an argument.

Down at the first trouble, for a picture that stutters is worse than a small one. Up by trying, since a link that is not
filled does not show what it carries: first after ``FIRST``, then after twice as long each time that it failed, so that
a link that will not carry the main stream is hardly disturbed, and nothing flaps.
"""

from enum import Enum

FIRST = 5.0
LAST = 60.0
PROVEN = 20.0
"""Seconds after which a try has succeeded, and the next trouble is news."""


class Step(Enum):
    """Stay, go down to the substream, or up to the main stream."""

    STAY = "stay"
    DOWN = "down"
    UP = "up"


class StreamSelector:
    """Of one viewer. ``main`` says whether it has, or is on its way to, the main stream."""

    def __init__(self, now: float) -> None:
        self._wait = FIRST
        self._try_at = now + FIRST
        self._climbed_at = float("-inf")

    def look(self, now: float, main: bool, troubled: bool) -> Step:
        """Decide, a few times a second."""
        if main:
            if not troubled:
                return Step.STAY
            failed = now - self._climbed_at < PROVEN
            self._wait = min(2 * self._wait, LAST) if failed else FIRST
            self._try_at = now + self._wait
            return Step.DOWN
        if troubled:
            self._try_at = max(self._try_at, now + FIRST)
        if now < self._try_at:
            return Step.STAY
        self._climbed_at = now
        return Step.UP
