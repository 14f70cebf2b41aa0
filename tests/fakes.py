"""Provides fakes at the boundaries of the gateway, shared by all tests."""

import asyncio
import heapq
import itertools
from collections import deque


class FakeClock:
    """A clock that moves only when a test moves it. ``advance`` wakes sleepers in the order of their deadlines."""

    def __init__(self, now: float = 1_700_000_000.0, monotonic: float = 1000.0) -> None:
        self._now = now
        self._set_by = 0.0
        self._monotonic = monotonic
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._now + self._set_by

    def monotonic(self) -> float:
        return self._monotonic

    def jump(self, seconds: float) -> None:
        """Move only the wall clock, as if somebody had set it."""
        self._set_by += seconds

    def skip(self, seconds: float) -> None:
        """Let time pass without waking sleepers, as when the machine itself sleeps: gateway time stands still, but
        steady time and wall time continue.
        """
        self._now += seconds

    def pass_unnoticed(self, seconds: float) -> None:
        """Let time pass, but wake no sleeper yet, so that the test can act before any of them."""
        self._step(self._monotonic + seconds)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let time pass, and run the tasks that wake in the meantime."""
        target = self._monotonic + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            deadline, _, future = heapq.heappop(self._sleepers)
            self._step(max(deadline, self._monotonic))
            if not future.done():
                future.set_result(None)
            await self._until_idle()
        self._step(target)
        await self.settle()

    async def settle(self, rounds: int = 20) -> None:
        """Let ready tasks run until they wait again, for a fixed number of rounds."""
        for _ in range(rounds):
            await asyncio.sleep(0)

    async def _until_idle(self, rounds: int = 20) -> None:
        """Let ready tasks run until none is ready. Usually that takes two or three rounds: otherwise an hour in
        which a task wakes every second would take 72,000."""
        ready: deque[object] = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        idle = 0
        for _ in range(rounds):
            await asyncio.sleep(0)
            idle = 0 if ready else idle + 1
            if idle == 2:  # twice, so that the loop also reads what has arrived over sockets
                return

    def _step(self, target: float) -> None:
        self._now += target - self._monotonic
        self._monotonic = target
