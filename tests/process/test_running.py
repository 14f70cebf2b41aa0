import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from gateway.process import running
from gateway.process.running import STOPPING, STUCK, keep_for_good, until_stopped


@pytest.mark.parametrize("number", STOPPING)
async def test_each_signal_stops_the_body(number: signal.Signals) -> None:
    stopped = []

    async def body(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await stop.wait()
        stopped.append(number)

    await until_stopped(body)
    assert stopped == [number]


async def test_a_reload_or_a_lost_terminal_does_not_stop_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    monkeypatch.setattr(running.logger, "warning", said.put_nowait)

    async def body(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        assert "SIGHUP is ignored" in await said.get()
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()

    await until_stopped(body)


async def test_a_command_tied_to_its_terminal_ends_with_it() -> None:
    async def body(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await stop.wait()

    await until_stopped(body, with_terminal=True)


async def test_signal_handlers_are_restored_even_after_a_failure() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]

    async def body(_: asyncio.Event) -> None:
        raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"):
        await until_stopped(body)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_a_command_that_does_not_stop_in_time_says_what_it_is_waiting_for_and_exits() -> None:
    program = """
        import asyncio, logging, os, signal
        from gateway.process.running import until_stopped

        async def deaf():
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    continue

        async def body(stop):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(deaf(), name="cameras")
                os.kill(os.getpid(), signal.SIGTERM)
                await stop.wait()
                task.cancel()

        logging.basicConfig()
        asyncio.run(until_stopped(body, within=0.1))
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == STUCK, ended.stderr
    assert "still running 0.1 s after the signal to stop: cameras, " in ended.stderr
    assert "(wait)" in ended.stderr


def test_objects_created_at_startup_are_never_scanned_again() -> None:
    made = [[number] for number in range(1000)]
    keep_for_good()
    try:
        looked_through = {id(item) for item in gc.get_objects()}
        assert not looked_through & {id(item) for item in made}
        assert gc.get_freeze_count() >= len(made)
    finally:
        gc.unfreeze()
