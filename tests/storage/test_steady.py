"""A restart right after the clock was set changes no more than no restart would: nothing."""

import asyncio
import json
import logging
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.storage.steady import Kept, SteadyTime, began_at

WALL, UP, HOUR = 1_700_000_000.0, 5000.0, 3600.0
KEPT = Kept("boot-1", WALL - UP, WALL)


@pytest.mark.parametrize(
    ("kept", "boot", "wall", "expected"),
    [
        pytest.param(None, "boot-1", WALL, WALL, id="the first start believes the clock"),
        pytest.param(KEPT, "boot-1", WALL + 13 * HOUR, WALL, id="set forward, then started again"),
        pytest.param(KEPT, "boot-1", WALL - 20 * HOUR, WALL, id="set back, then started again"),
        pytest.param(KEPT, "boot-2", WALL + 100, WALL + 100, id="the machine was started again"),
        pytest.param(KEPT, "boot-2", 0.0, WALL, id="the machine does not know the time any more"),
        pytest.param(Kept("boot-1", WALL - UP, WALL + 60), "boot-1", WALL + 90, WALL + 90, id="a sandbox began anew"),
        pytest.param(Kept("", WALL - UP, WALL), "", WALL + 100, WALL + 100, id="a system that names no boot"),
    ],
)
def test_where_time_begins(kept: Kept | None, boot: str, wall: float, expected: float) -> None:
    assert began_at(kept, boot, wall, UP) + UP == pytest.approx(expected)


class MinuteByMinute(SystemClock):
    """The machine's clock, set by ``step`` seconds. The first minute is over at once, and the second never ends."""

    def __init__(self, began_at: float | None = None, step: float = 0.0) -> None:
        super().__init__(began_at)
        self.step = step
        self.slept: list[float] = []
        self.second_minute = asyncio.Event()

    def wall(self) -> float:
        return super().wall() + self.step

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 2:
            self.second_minute.set()
            await asyncio.Event().wait()


async def after_a_minute(path: Path, clock: MinuteByMinute) -> None:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        noting = group.create_task(SteadyTime(path).run(clock))
        await clock.second_minute.wait()
        noting.cancel()
    assert max(clock.slept) <= 60


async def test_a_gateway_started_again_goes_on_in_the_time_of_the_run_before(tmp_path: Path) -> None:
    path = tmp_path / "data" / "time.json"
    first = SteadyTime(path).clock()
    assert SteadyTime(path).clock().began_at == pytest.approx(first.began_at, abs=1e-3)


async def test_what_was_surely_over_is_the_lesser_of_the_two_times(tmp_path: Path) -> None:
    """After a clock was far ahead by mistake, steady time must not start from there for ever."""
    path = tmp_path / "time.json"
    set_back = MinuteByMinute(step=-20 * HOUR)
    await after_a_minute(path, set_back)
    assert json.loads(path.read_text())["seen_at"] == pytest.approx(set_back.wall(), abs=1)
    ahead = MinuteByMinute(set_back.began_at + 14 * 365 * 24 * HOUR)
    await after_a_minute(path, ahead)
    assert json.loads(path.read_text())["seen_at"] == pytest.approx(ahead.wall(), abs=1)


@pytest.mark.parametrize("text", ["", "[]", '{"boot": 1}', '{"boot": "b", "began_at": "x", "seen_at": 1}', "\xff"])
def test_a_file_that_is_none_stops_nothing(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "time.json"
    path.write_text(text)
    clock = SteadyTime(path).clock()
    assert abs(clock.now() - clock.wall()) < 1
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert json.loads(path.read_text())["boot"]


def test_a_directory_that_takes_nothing_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    clock = SteadyTime(tmp_path / "file" / "time.json").clock()
    assert abs(clock.now() - clock.wall()) < 1
    assert "cannot be written" in caplog.text
