"""Shares one answer among all callers who ask within a second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from gateway.clock import Clock

T = TypeVar("T")


class Shared(Generic[T]):
    """Calls ``make`` at most once in ``lifetime`` seconds, and gives its answer to all who ask.

    Those who ask while it is running wait for it, and those who ask later get the last answer. If ``make`` raises,
    nothing is kept.
    """

    def __init__(self, make: Callable[[], Awaitable[T]], lifetime: float, clock: Clock) -> None:
        self._make = make
        self._lifetime = lifetime
        self._clock = clock
        self._lock = asyncio.Lock()
        self._kept: tuple[float, T] | None = None

    async def get(self) -> T:
        """Return the answer. Raises whatever ``make`` raises."""
        async with self._lock:
            now = self._clock.monotonic()
            if self._kept is None or now - self._kept[0] >= self._lifetime:
                self._kept = now, await self._make()
            return self._kept[1]
