"""Decides when a viewer switches between main stream and substream. Pure: time is an argument.

It goes down at the first trouble, because a picture that stutters is worse than a small one. ``bandwidth`` says what
counts as trouble, and so how soon it goes down. It goes up by trying, because a link that is not full does not show
what it carries. The first try comes after ``FIRST`` seconds, and the wait doubles with each failure. A link that cannot
carry the main stream is therefore hardly disturbed, and nothing flaps.
"""

from enum import Enum

FIRST = 5.0
LAST = 60.0
PROVEN = 20.0
"""Seconds after which a try has succeeded. Trouble after that counts as new."""


class Step(Enum):
    """Says which way to go: stay, go down to the substream, or go up to the main stream."""

    STAY = "stay"
    DOWN = "down"
    UP = "up"


class StreamSelector:
    """Decides for one viewer. ``main`` is True if it has the main stream or is switching to it."""

    def __init__(self, now: float) -> None:
        self._wait = FIRST
        self._try_at = now + FIRST
        self._climbed_at = float("-inf")

    def look(self, now: float, main: bool, troubled: bool) -> Step:
        """Decide what to do now. This is called a few times a second."""
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
