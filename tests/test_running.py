import asyncio
import gc
import os
import signal

import pytest

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


async def test_a_reload_or_a_lost_terminal_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def body(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        while "SIGHUP is ignored" not in caplog.text:
            await asyncio.sleep(0)
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()

    await until_stopped(body)


async def test_signals_are_given_back_also_after_a_failure() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]

    async def body(_: asyncio.Event) -> None:
        raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"):
        await until_stopped(body)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_what_was_there_at_the_start_is_never_looked_through_again() -> None:
    made = [[number] for number in range(1000)]
    keep_for_good()
    try:
        looked_through = {id(item) for item in gc.get_objects()}
        assert not looked_through & {id(item) for item in made}
        assert gc.get_freeze_count() >= len(made)
    finally:
        gc.unfreeze()
