import asyncio
import os
import signal

import pytest

from gateway.running import SIGNALS, until_stopped


@pytest.mark.parametrize("number", SIGNALS)
async def test_each_signal_stops_the_body(number: signal.Signals) -> None:
    stopped = []

    async def body(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await stop.wait()
        stopped.append(number)

    await until_stopped(body)
    assert stopped == [number]


async def test_signals_are_given_back_also_after_a_failure() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]

    async def body(_: asyncio.Event) -> None:
        raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"):
        await until_stopped(body)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before
