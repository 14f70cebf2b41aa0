import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from gateway.sources.nvr import PAUSE, RETRY, Nvr
from tests.fakes import FakeClock


class Streams:
    """Streams that want a session of one NVR and keep it until the test ends it."""

    def __init__(self, sessions: int | None, mains: int) -> None:
        self.clock = FakeClock()
        self.nvr = Nvr("north", sessions, mains, self.clock)
        self.open: list[str] = []
        self.since: dict[str, float] = {}
        self.words: dict[str, str] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def want(self, *names: str) -> None:
        """Start streams by name. Names that begin with ``s`` are substreams."""
        for name in names:
            self.tasks[name] = asyncio.get_running_loop().create_task(self._hold(name), name=name)

    async def leave(self, name: str) -> None:
        task = self.tasks.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _hold(self, name: str) -> None:
        async with self.nvr.session(name.startswith("s"), lambda words: self.words.update({name: words})):
            self.open.append(name)
            self.since[name] = self.clock.monotonic()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self.open.remove(name)

    async def stop(self) -> None:
        for name in tuple(self.tasks):
            await self.leave(name)


@contextlib.asynccontextmanager
async def streams(sessions: int | None, mains: int) -> AsyncIterator[Streams]:
    found = Streams(sessions, mains)
    try:
        yield found
    finally:
        await found.stop()


async def test_sessions_begin_one_after_the_other_main_streams_first() -> None:
    async with streams(None, 2) as some:
        some.want("sub-1", "sub-2", "main-1", "main-2")
        await some.clock.advance(10)
        assert set(some.open[1:]) == {"main-1", "main-2", "sub-2"}
        assert some.open[1:3] == ["main-1", "main-2"]
        begun = sorted(some.since.values())
        assert all(later - earlier >= PAUSE for earlier, later in pairwise(begun))


async def test_no_more_sessions_are_open_than_the_recorder_serves_and_waiting_streams_say_so() -> None:
    async with streams(2, 3) as some:
        some.want("main-1", "main-2", "main-3")
        await some.clock.advance(10)
        assert some.open == ["main-1", "main-2"]
        assert some.words == {"main-3": "Waiting for a free session of NVR north (2 of 2 in use)."}
        await some.leave("main-1")
        await some.clock.advance(2)
        assert some.open == ["main-2", "main-3"]


async def test_a_main_stream_that_returns_finds_its_session_free() -> None:
    async with streams(3, 2) as some:
        some.want("main-1", "main-2", "sub-1", "sub-2")
        await some.clock.advance(10)
        assert some.open == ["main-1", "main-2", "sub-1"]
        await some.leave("main-1")
        await some.clock.advance(5)
        assert some.open == ["main-2", "sub-1"]
        assert some.words["sub-2"].endswith("(2 of 3 in use, 1 kept for main streams).")
        some.want("main-1")
        await some.clock.advance(2)
        assert some.open == ["main-2", "sub-1", "main-1"]


async def test_if_the_recorder_refuses_streams_try_one_at_a_time() -> None:
    async with streams(None, 4) as some:
        some.want("main-1", "main-2", "main-3")
        await some.clock.advance(5)
        some.nvr.refused()
        await some.leave("main-3")
        some.want("main-3", "main-4")
        await some.clock.advance(RETRY - 2)
        assert some.open == ["main-1", "main-2"]
        assert some.words["main-4"] == "Waiting for a free session of NVR north (2 of 2 in use)."
        await some.clock.advance(3)
        assert some.open == ["main-1", "main-2", "main-3"], "one more is tried"
        await some.clock.advance(RETRY - 2)
        assert "main-4" not in some.open
        await some.clock.advance(4)
        assert "main-4" in some.open, "and because that was served, the next is tried"


async def test_a_stream_that_stops_waiting_does_not_block_others() -> None:
    async with streams(1, 3) as some:
        some.want("main-1", "main-2", "main-3")
        await some.clock.advance(2)
        await some.leave("main-2")
        await some.leave("main-1")
        await some.clock.advance(2)
        assert some.open == ["main-3"]


@pytest.mark.parametrize("sessions", [1, 3, 7])
async def test_however_streams_come_and_go_the_limit_holds(sessions: int) -> None:
    async with streams(sessions, 4) as some:
        for step in range(60):
            name = f"{'s' if step % 3 else 'm'}{step * 7 % 11}"
            if name in some.tasks:
                await some.leave(name)
            else:
                some.want(name)
            await some.clock.advance(0.3 + step % 4 * 0.4)
            assert some.nvr.opened == len(some.open) <= sessions
