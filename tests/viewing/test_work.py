"""Every step is done, even if another one fails or takes long, or if the task that does them has stopped."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.metrics import Metrics
from gateway.viewing.work import Work


class Log:
    """Makes steps that record that they were done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.gate = asyncio.Event()

    def step(self, name: str) -> Callable[[], Coroutine[Any, Any, object]]:
        async def step() -> None:
            if name == "slow":
                await self.gate.wait()
            if name == "bad":
                raise ValueError(name)
            self.done.append(name)

        return step


async def test_pictures_end_at_once_even_if_ending_an_earlier_one_takes_long() -> None:
    log, work = Log(), Work("close", Metrics())
    running = asyncio.create_task(work.run_at_once())
    for name in ("slow", "bad", "quick"):
        work.put(log.step(name))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert log.done == ["quick"]
    waiting = asyncio.create_task(work.wait_done())
    await asyncio.sleep(0)
    assert not waiting.done()
    log.gate.set()
    await asyncio.wait_for(waiting, 5)
    assert log.done == ["quick", "slow"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_records_are_written_in_order_and_a_failure_is_counted() -> None:
    log, metrics = Log(), Metrics()
    work = Work("record", metrics)
    running = asyncio.create_task(work.run_in_order())
    for name in ("first", "slow", "bad", "last"):
        work.put(log.step(name))
    log.gate.set()
    await asyncio.wait_for(work.wait_done(), 5)
    assert log.done == ["first", "slow", "last"]
    assert metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "viewing"}) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_draining_does_what_is_left_even_if_the_task_was_stopped_midway() -> None:
    for run in (Work.run_in_order, Work.run_at_once):
        log, work = Log(), Work("work", Metrics())
        running = asyncio.create_task(run(work))
        work.put(log.step("slow"))
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        work.put(log.step("late"))
        await asyncio.wait_for(work.drain(), 5)
        assert log.done == ["late"]
