"""Time as an argument: the only module that reads the machine's clocks.

Two things that people ask of one clock are kept apart. What has been promised (a shift, a grant, an incident's end) is
counted by ``now``, which nobody can set while the gateway runs. What is compared with the world outside (dates of the
record, a button's timestamp, a TURN server's clock) is read from ``wall``, the machine's clock as it is set.
"""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Steady, wall and monotonic time. Services receive one; pure code receives plain numbers."""

    def now(self) -> float:
        """Steady time: seconds since 1970-01-01T00:00:00Z by the wall clock as it stood when this time began, and by
        elapsed time since. Never jumps; runs on while the machine sleeps. For whatever ends, and for what pages count.
        """
        ...

    def wall(self) -> float:
        """The machine's clock as it is set, seconds since 1970-01-01T00:00:00Z. May jump. For the dates of records, and
        for what is compared with somebody else's clock."""
        ...

    def monotonic(self) -> float:
        """Gateway time: seconds since an arbitrary start, never jumping. For durations, ages and deadlines. Stands
        still while the machine sleeps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of gateway time."""
        ...


_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Where a system has no such clock (it is Linux'), a machine that sleeps counts its sleep as no time."""


def uptime() -> float:
    """Seconds since the machine started, also those that it slept: the same in all its processes. Never jumps."""
    return time.clock_gettime(_SINCE_BOOT)


class SystemClock:
    """The machine's own clocks.

    ``began_at``: steady time when the machine started, for processes that have to agree on ``now``; without it steady
    time begins as the wall clock stands.
    """

    def __init__(self, began_at: float | None = None) -> None:
        self.began_at = time.time() - uptime() if began_at is None else began_at

    def now(self) -> float:
        """``began_at`` and the time that the machine has run since."""
        return self.began_at + uptime()

    def wall(self) -> float:
        """``time.time``."""
        return time.time()

    monotonic = staticmethod(time.monotonic)  # read before every send: a frame of our own would double its cost

    async def sleep(self, seconds: float) -> None:
        """``asyncio.sleep``."""
        await asyncio.sleep(seconds)
