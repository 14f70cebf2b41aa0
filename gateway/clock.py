"""Reads the machine's clocks. No other module does: everywhere else, time is an argument.

The gateway needs two kinds of time. Lifetimes and deadlines (a shift, a grant, an incident's end) are measured with
``now``, which nobody can set while the gateway is running. Times that are compared with the outside world (dates in the
record, a panic button's timestamp, a TURN server's clock) come from ``wall``, the machine's clock as it is set.
"""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Gives steady, wall and monotonic time. Services receive a clock; pure code receives plain numbers."""

    def now(self) -> float:
        """Return steady time in seconds since 1970-01-01T00:00:00Z.

        Steady time starts from the wall clock once and then counts elapsed time. It never jumps, and it keeps running
        while the machine sleeps. Use it for everything that ends at a given time, and for times from which pages count
        up or down.
        """
        ...

    def wall(self) -> float:
        """Return the machine's clock as it is set, in seconds since 1970-01-01T00:00:00Z.

        It may jump. Use it for dates in the record and for comparing with somebody else's clock.
        """
        ...

    def monotonic(self) -> float:
        """Return gateway time in seconds since an arbitrary start.

        It never jumps, and it stands still while the machine sleeps. Use it for durations, ages and deadlines.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds of gateway time."""
        ...


_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Only Linux has a clock that counts sleep. On other systems, time asleep is not counted."""


def uptime() -> float:
    """Return the seconds since the machine started, including sleep. All its processes see the same value. It never
    jumps."""
    return time.clock_gettime(_SINCE_BOOT)


class SystemClock:
    """Reads the machine's own clocks.

    ``began_at`` is the steady time at which the machine started. Processes that must agree on ``now`` are given the
    same value. Without it, steady time starts from the wall clock as it is now.
    """

    def __init__(self, began_at: float | None = None) -> None:
        self.began_at = time.time() - uptime() if began_at is None else began_at

    def now(self) -> float:
        """Return steady time: ``began_at`` plus the machine's uptime."""
        return self.began_at + uptime()

    def wall(self) -> float:
        """Return ``time.time()``."""
        return time.time()

    # called before every send: a Python method of our own would double its cost
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        """Wait with ``asyncio.sleep``."""
        await asyncio.sleep(seconds)
