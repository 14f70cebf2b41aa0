import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from gateway.process import running
from gateway.process.deadline import STUCK
from gateway.process.running import STOPPING, keep_for_good, until_stopped


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


STARTS = """
    import asyncio, logging, os, signal, sys, threading, time
    from concurrent.futures import ThreadPoolExecutor
    from gateway.process.running import limit_whole_process, until_stopped

    logging.basicConfig()
"""


def ended(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program that sends itself a signal, and return how it ended."""
    text = textwrap.dedent(STARTS) + textwrap.dedent(program)
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=30, check=False)


def test_a_command_that_does_not_stop_in_time_says_what_it_is_waiting_for_and_exits() -> None:
    found = ended("""
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

        asyncio.run(until_stopped(body, within=0.1))
    """)
    assert found.returncode == STUCK, found.stderr
    assert "still running 0.1 s after the signal to stop: cameras, " in found.stderr
    assert "(wait)" in found.stderr


def test_a_command_whose_event_loop_was_blocked_before_the_signal_says_where_and_exits() -> None:
    found = ended("""
        def blocks():
            while True:
                time.sleep(0.01)

        async def body(stop):
            asyncio.get_running_loop().call_soon(blocks)
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
            await stop.wait()

        asyncio.run(until_stopped(body, within=0.1))
    """)
    assert found.returncode == STUCK, found.stderr
    assert "still running 0.1 s after the signal to stop: the event loop, which is blocked" in found.stderr
    assert "(blocks) in " in found.stderr


@pytest.mark.parametrize("executor", ["None", "ThreadPoolExecutor()"])
def test_a_command_with_a_stuck_thread_that_would_outlive_its_body_says_where_and_exits(executor: str) -> None:
    found = ended(f"""
        def stuck():
            threading.Event().wait()

        async def body(stop):
            asyncio.get_running_loop().run_in_executor({executor}, stuck)
            os.kill(os.getpid(), signal.SIGTERM)
            await stop.wait()

        limit_whole_process()
        asyncio.run(until_stopped(body, within=0.3))
    """)
    assert found.returncode == STUCK, found.stderr
    assert "still running 0.3 s after the signal to stop: " in found.stderr
    assert "(stuck) in " in found.stderr


def test_a_command_that_cannot_write_its_last_words_exits_all_the_same() -> None:
    """Nobody reads its log: the pipe is full, and the event loop waits in the log with its lock."""
    program = """
        async def body(stop):
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
            while True:
                logging.error("x" * 4096)

        asyncio.run(until_stopped(body, within=0.1))
    """
    text = textwrap.dedent(STARTS) + textwrap.dedent(program)
    with subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.PIPE) as process:
        try:
            assert process.wait(30) == STUCK
        finally:
            process.kill()


def test_a_command_that_stops_in_time_is_left_alone() -> None:
    """Whatever the process does afterwards is not cut short, unless the deadline is the whole process's."""
    program = """
        async def body(stop):
            os.kill(os.getpid(), signal.SIGTERM)
            await stop.wait()

        asyncio.run(until_stopped(body, within=0.1))
        {goes_on}
        print("done")
    """
    assert ended(program.format(goes_on="time.sleep(0.3)")).stdout == "done\n"
    whole = "limit_whole_process()\n" + textwrap.dedent(program)
    assert ended(whole.format(goes_on="")).returncode == 0


def test_objects_created_at_startup_are_never_scanned_again() -> None:
    made = [[number] for number in range(1000)]
    keep_for_good()
    try:
        looked_through = {id(item) for item in gc.get_objects()}
        assert not looked_through & {id(item) for item in made}
        assert gc.get_freeze_count() >= len(made)
    finally:
        gc.unfreeze()
