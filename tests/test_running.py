import asyncio
import gc
import os
import signal

import pytest

from gateway import running
from gateway.running import STOPPING, keep_for_good, until_stopped


@pytest.mark.parametrize("number", STOPPING)
async def test_each_signal_stops_the_body(number: signal.Signals) -> None:
    stopped = []

    async def body(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await stop.wait()
        stopped.append(number)

    await until_stopped(body)
    assert stopped == [number]


async def test_a_reload_or_a_lost_terminal_stops_no_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    monkeypatch.setattr(running.logger, "warning", said.put_nowait)

    async def body(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        assert "SIGHUP is ignored" in await said.get()
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()

    await until_stopped(body)


async def test_a_command_of_its_terminal_ends_with_it() -> None:
    async def body(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await stop.wait()

    await until_stopped(body, with_terminal=True)


async def test_signals_are_given_back_also_after_a_failure() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]

    async def body(_: asyncio.Event) -> None:
        raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"):
        await until_stopped(body)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_objects_from_the_start_are_never_scanned_again() -> None:
    made = [[number] for number in range(1000)]
    keep_for_good()
    try:
        looked_through = {id(item) for item in gc.get_objects()}
        assert not looked_through & {id(item) for item in made}
        assert gc.get_freeze_count() >= len(made)
    finally:
        gc.unfreeze()
