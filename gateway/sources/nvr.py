"""Shares a recorder that serves only a few sessions at a time: its streams take turns, main streams first.

All streams of one NVR are pulled by one process, since they share an ``Nvr``.
"""

import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from gateway.clock import Clock

PAUSE = 0.5
"""Seconds between the starts of two sessions, and after the end of one: recorders need a moment for each."""
RETRY = 15.0
"""Seconds between attempts to open more sessions than the recorder last allowed."""


class Turn(NamedTuple):
    """A waiting stream. The smallest turn is next."""

    sub: bool
    number: int


class Nvr:
    """Never lets more than ``sessions`` be open or opening. None means that the recorder's limit is unknown.

    Of these, ``main_streams`` are reserved for main streams, so that a main stream that was lost can reconnect. If the
    recorder refuses a session before the limit is reached (because another client is watching), the number open then
    becomes the limit, and from time to time a stream whose turn it is tries to open one more.
    """

    def __init__(self, name: str, sessions: int | None, main_streams: int, clock: Clock) -> None:
        self.name = name
        self._sessions = sessions
        self._main_streams = main_streams
        self._clock = clock
        self._open = {False: 0, True: 0}
        self._turns: set[Turn] = set()
        self._numbers = itertools.count()
        self._quiet_until = float("-inf")
        self._refused_at: int | None = None
        self._retry_at = 0.0

    @property
    def opened(self) -> int:
        """Return the number of sessions that are open or opening."""
        return self._open[False] + self._open[True]

    @contextlib.asynccontextmanager
    async def session(self, sub: bool, waiting: Callable[[str], None]) -> AsyncIterator[None]:
        """Hold a session for as long as the block runs. ``waiting`` is called with a description of what is being
        awaited."""
        await self._wait(sub, waiting)
        self._open[sub] += 1
        now = self._clock.monotonic()
        self._quiet_until = now + PAUSE
        if self._refused_at is not None and self.opened > self._refused_at:
            self._refused_at, self._retry_at = self.opened, now + RETRY
        try:
            yield
        finally:
            self._open[sub] -= 1
            self._quiet_until = self._clock.monotonic() + PAUSE

    def refused(self) -> None:
        """Note that the recorder has refused the session that the caller holds."""
        self._refused_at = self.opened - 1
        self._retry_at = self._clock.monotonic() + RETRY

    async def _wait(self, sub: bool, waiting: Callable[[str], None]) -> None:
        """Poll for a free session: few streams are waiting, and a lost wake-up would leave a camera dark."""
        turn = Turn(sub, next(self._numbers))
        self._turns.add(turn)
        try:
            while True:
                now = self._clock.monotonic()
                if not self._free(sub, now):
                    waiting(self._words())
                elif turn == min(self._turns) and now >= self._quiet_until:
                    return
                await self._clock.sleep(PAUSE)
        finally:
            self._turns.discard(turn)

    def _free(self, sub: bool, now: float) -> bool:
        if self._sessions is not None and (
            self.opened >= self._sessions or (sub and self._open[True] >= self._sessions - self._main_streams)
        ):
            return False
        return self._refused_at is None or self.opened < self._refused_at or now >= self._retry_at

    def _words(self) -> str:
        limit = min(each for each in (self._sessions, self._refused_at) if each is not None)
        kept = limit - self.opened
        rest = f", {kept} kept for main streams" if kept > 0 else ""
        return f"Waiting for a free session of NVR {self.name} ({self.opened} of {limit} in use{rest})."
