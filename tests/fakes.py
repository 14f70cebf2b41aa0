"""Fakes at the boundary, shared by all tests."""

import asyncio
import heapq
import itertools
from collections import deque


class FakeClock:
    """A clock that moves only when told. ``advance`` wakes whoever sleeps until then, in order of their deadlines."""

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
        """Move the wall clock alone, as somebody who sets it would."""
        self._set_by += seconds

    def skip(self, seconds: float) -> None:
        """Let so much time pass without anybody who sleeps being woken, as while the machine itself sleeps: gateway
        time stands still, steady and wall time run on."""
        self._now += seconds

    def pass_unnoticed(self, seconds: float) -> None:
        """Let so much time pass before anybody who sleeps is woken: whatever is done now is done before their turn."""
        self._step(self._monotonic + seconds)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic + seconds, next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, running what wakes on the way."""
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
        """Let ready tasks run until they wait again."""
        for _ in range(rounds):
            await asyncio.sleep(0)

    async def _until_idle(self, rounds: int = 20) -> None:
        """Let ready tasks run until none is ready, as is so after two or three rounds of most who wake: an hour of
        somebody who wakes each second would else be 72,000 rounds."""
        ready: deque[object] = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
        idle = 0
        for _ in range(rounds):
            await asyncio.sleep(0)
            idle = 0 if ready else idle + 1
            if idle == 2:  # twice, so that what has come in over sockets meanwhile was looked at as well
                return

    def _step(self, target: float) -> None:
        self._now += target - self._monotonic
        self._monotonic = target
