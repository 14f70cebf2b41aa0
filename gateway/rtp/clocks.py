"""What can be known of two clocks that run apart: the interval that holds their offset, and the least delay. Pure."""

from typing import NamedTuple

DRIFT = 100e-6
"""Seconds a second by which two clocks drift apart at most: the worst of ordinary quartz."""
_TICK = 0.01
"""Seconds by which the ``Date`` that a camera tells may lag its own clock."""


class Interval(NamedTuple):
    """An offset between two clocks is in [``low``, ``high``] seconds, as known at gateway time ``at``."""

    low: float
    high: float
    at: float

    @classmethod
    def of_answer(cls, date: float, sent: float, received: float) -> "Interval":
        """Return the offset of a camera's clock from gateway time by one answer: at some time from ``sent`` to
        ``received`` (gateway time) the camera's clock read something in [date, date + 1)."""
        return cls(date - received, date + 1 + _TICK - sent, received)

    @property
    def width(self) -> float:
        """Return how many seconds the offset may be off."""
        return self.high - self.low

    @property
    def middle(self) -> float:
        """The best guess."""
        return (self.low + self.high) / 2

    def aged(self, now: float) -> "Interval":
        """Return the same knowledge at a later time."""
        drift = DRIFT * max(0.0, now - self.at)
        return Interval(self.low - drift, self.high + drift, max(now, self.at))

    def agrees(self, other: "Interval", slack: float) -> bool:
        """Return True if both may hold the same offset, give or take ``slack``."""
        return self.low <= other.high + slack and other.low <= self.high + slack

    def inside(self, other: "Interval") -> bool:
        """Return True if the other allows everything that this one does."""
        return other.low <= self.low and self.high <= other.high


class RunningMinimum:
    """The least of some measured delays. It rises by ``rate`` seconds a second, so that it follows a slow clock."""

    def __init__(self, rate: float = DRIFT) -> None:
        self.value = 0.0
        self._rate = rate

    def restart(self, value: float) -> None:
        """Forget all delays but this one."""
        self.value = value

    def add(self, value: float, passed: float) -> None:
        """Take the next delay, measured ``passed`` seconds after the last one."""
        self.value = min(self.value + self._rate * passed, value)
