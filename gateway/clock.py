"""Time as an argument: the only module that reads the machine's clocks."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Wall and monotonic time. Services receive one; pure code receives plain numbers."""

    def now(self) -> float:
        """Wall time, seconds since 1970-01-01T00:00:00Z. May jump; for records and for what people read."""
        ...

    def monotonic(self) -> float:
        """Gateway time: seconds since an arbitrary start, never jumping. For durations, ages and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of gateway time."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """``time.time``."""
        return time.time()

    monotonic = staticmethod(time.monotonic)  # read before every send: a frame of our own would double its cost

    async def sleep(self, seconds: float) -> None:
        """``asyncio.sleep``."""
        await asyncio.sleep(seconds)
