"""Computes what can be known about two clocks that drift apart: the interval of their offset, and the smallest delay.
Pure.
"""

from typing import NamedTuple

DRIFT = 100e-6
"""Seconds per second by which two clocks drift apart at most, as with the worst ordinary quartz."""
_TICK = 0.01
"""Seconds by which the ``Date`` that a camera sends may lag its own clock."""


class Interval(NamedTuple):
    """The offset between two clocks is in [``low``, ``high``] seconds, as known at gateway time ``at``."""

    low: float
    high: float
    at: float

    @classmethod
    def of_answer(cls, date: float, sent: float, received: float) -> "Interval":
        """Return the offset of a camera's clock from gateway time according to one answer: at some time from ``sent``
        to ``received`` (gateway time) the camera's clock read something in [date, date + 1)."""
        return cls(date - received, date + 1 + _TICK - sent, received)

    @property
    def width(self) -> float:
        """Return the width of the interval in seconds."""
        return self.high - self.low

    @property
    def middle(self) -> float:
        """Return the best guess."""
        return (self.low + self.high) / 2

    def aged(self, now: float) -> "Interval":
        """Return the same knowledge at a later time, widened by drift."""
        drift = DRIFT * max(0.0, now - self.at)
        return Interval(self.low - drift, self.high + drift, max(now, self.at))

    def agrees(self, other: "Interval", slack: float) -> bool:
        """Return True if both intervals may hold the same offset, within ``slack`` seconds."""
        return self.low <= other.high + slack and other.low <= self.high + slack

    def inside(self, other: "Interval") -> bool:
        """Return True if the other interval contains this one."""
        return other.low <= self.low and self.high <= other.high


class RunningMinimum:
    """The smallest of several measured delays. It rises by ``rate`` seconds per second, to follow a slow clock."""

    def __init__(self, rate: float = DRIFT) -> None:
        self.value = 0.0
        self._rate = rate

    def restart(self, value: float) -> None:
        """Forget all delays but this one."""
        self.value = value

    def add(self, value: float, passed: float) -> None:
        """Process the next delay, measured ``passed`` seconds after the last one."""
        self.value = min(self.value + self._rate * passed, value)
