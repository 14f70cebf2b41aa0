import asyncio

import pytest

from gateway.metrics import Metrics
from gateway.process.unowned import UnownedFailures
from tests.fakes import FakeClock


async def test_endless_failures_outside_our_tasks_are_logged_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    clock, metrics, loop = FakeClock(), Metrics(), asyncio.get_running_loop()
    loop.set_exception_handler(UnownedFailures(clock, metrics).tell)
    no_file = {"message": "socket.accept() out of system resource", "exception": OSError(24, "files")}
    for _ in range(1000):
        loop.call_exception_handler(no_file)
    await clock.advance(1.0)
    loop.call_exception_handler({"message": "socket.accept() out of system resource"})
    said = [record.getMessage() for record in caplog.records if record.name == "gateway.process.unowned"]
    assert said == [
        "unowned failure: socket.accept() out of system resource",
        "unowned failure: socket.accept() out of system resource (999 more since the last)",
    ]
    assert metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "unowned"}) == 1001
