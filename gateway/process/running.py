"""Runs a command until a signal stops it cleanly, or at least in time."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

logger = logging.getLogger(__name__)

STOPPING = (signal.SIGINT, signal.SIGTERM)
RELOADING = signal.SIGHUP
SIGNALS = (*STOPPING, RELOADING)

STOPS_WITHIN = 8.0
"""Seconds from the signal to the end of the process. Docker kills it after 10 s, and systemd after 90 s. Until then, a
gateway that hangs would show no pictures and would not be restarted either.
"""
STUCK = 3
"""The exit code of a command that did not stop in time."""


def keep_for_good() -> None:
    """Exclude everything that exists now from garbage collection, since it is meant to last.

    A full collection takes a tenth of a second (0.09 s measured), during which no picture is sent.
    """
    gc.collect()
    gc.freeze()


async def until_stopped(
    body: Callable[[asyncio.Event], Awaitable[None]], *, with_terminal: bool = False, within: float = STOPS_WITHIN
) -> None:
    """Run ``body`` with an event that is set by SIGINT or SIGTERM.

    If ``body`` has not returned ``within`` seconds after that, the process logs what it is still waiting for and exits
    with ``STUCK``. Nothing is lost: whatever was acknowledged is on disk by then, as it must be for a power cut.

    SIGHUP is ignored and logged. Operators send it to have a service reload its configuration, and a lost terminal
    sends it too; neither may interrupt pictures. With ``with_terminal``, SIGHUP stops the command, which is useless
    once its terminal is gone. The handlers are set even if the shell ignores these signals, as it does for background
    jobs.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    deadlines: list[asyncio.TimerHandle] = []

    def end() -> None:
        if not stop.is_set():
            deadlines.append(loop.call_later(within, _give_up, within))
        stop.set()

    for number in STOPPING:
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(RELOADING, end if with_terminal else _say_that_nothing_is_reloaded)
    try:
        await body(stop)
    finally:
        for deadline in deadlines:
            deadline.cancel()
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _say_that_nothing_is_reloaded() -> None:
    logger.warning("SIGHUP is ignored: restart the gateway to have it read a changed configuration")


def _give_up(within: float) -> None:
    for task in asyncio.all_tasks():
        logger.error("still running %g s after the signal to stop: %s, %s", within, task.get_name(), _where(task))
    logging.shutdown()
    os._exit(STUCK)


def _where(task: asyncio.Task[Any]) -> str:
    """Return the place at which a task is waiting: that of the innermost coroutine which shows one."""
    place = "before its first step"
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None)
        if frame is not None:
            place = f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
        waiting = getattr(waiting, "cr_await", None)
    return place
