"""A restart right after the clock was set changes nothing, just as without a restart."""

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
        pytest.param(KEPT, "boot-1", WALL + 13 * HOUR, WALL, id="set forward, then restarted"),
        pytest.param(KEPT, "boot-1", WALL - 20 * HOUR, WALL, id="set back, then restarted"),
        pytest.param(KEPT, "boot-2", WALL + 100, WALL + 100, id="the machine was restarted"),
        pytest.param(KEPT, "boot-2", 0.0, WALL, id="the machine no longer knows the time"),
        pytest.param(
            Kept("boot-1", WALL - UP, WALL + 60), "boot-1", WALL + 90, WALL + 90, id="a sandbox was restarted"
        ),
        pytest.param(Kept("", WALL - UP, WALL), "", WALL + 100, WALL + 100, id="a system that names no boot"),
    ],
)
def test_time_begins_where_the_last_run_and_the_clock_allow(
    kept: Kept | None, boot: str, wall: float, expected: float
) -> None:
    assert began_at(kept, boot, wall, UP) + UP == pytest.approx(expected)


class MinuteByMinute(SystemClock):
    """The machine's clock, set by ``step`` seconds. The first minute passes at once, and the second never ends."""

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


async def test_a_restarted_gateway_continues_in_the_time_of_the_previous_run(tmp_path: Path) -> None:
    path = tmp_path / "data" / "time.json"
    first = SteadyTime(path).clock()
    assert SteadyTime(path).clock().began_at == pytest.approx(first.began_at, abs=1e-3)


async def test_the_time_last_seen_is_the_earlier_of_steady_and_wall_time(tmp_path: Path) -> None:
    """After a clock was far ahead by mistake, steady time must not start from there for ever."""
    path = tmp_path / "time.json"
    set_back = MinuteByMinute(step=-20 * HOUR)
    await after_a_minute(path, set_back)
    assert json.loads(path.read_text())["seen_at"] == pytest.approx(set_back.wall(), abs=1)
    ahead = MinuteByMinute(set_back.began_at + 14 * 365 * 24 * HOUR)
    await after_a_minute(path, ahead)
    assert json.loads(path.read_text())["seen_at"] == pytest.approx(ahead.wall(), abs=1)


@pytest.mark.parametrize("text", ["", "[]", '{"boot": 1}', '{"boot": "b", "began_at": "x", "seen_at": 1}', "\xff"])
def test_an_invalid_time_file_does_not_stop_the_gateway(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "time.json"
    path.write_text(text)
    clock = SteadyTime(path).clock()
    assert abs(clock.now() - clock.wall()) < 1
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert json.loads(path.read_text())["boot"]


def test_a_directory_that_cannot_be_written_does_not_stop_the_gateway(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    clock = SteadyTime(tmp_path / "file" / "time.json").clock()
    assert abs(clock.now() - clock.wall()) < 1
    assert "cannot be written" in caplog.text
