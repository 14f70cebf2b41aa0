"""Runs a command until a signal stops it cleanly, or at least in time."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable
from threading import Event

from gateway.process.deadline import Deadline

logger = logging.getLogger(__name__)

STOPPING = (signal.SIGINT, signal.SIGTERM)
RELOADING = signal.SIGHUP
SIGNALS = (*STOPPING, RELOADING)

STOPS_WITHIN = 8.0
"""Seconds from the signal to the end of the process. Docker would kill it after 10 s, and systemd after 90 s. Until
then, a gateway that hangs would show no pictures and would not be restarted either.
"""
_whole_process = Event()


def limit_whole_process() -> None:
    """Have the deadline last until the process has ended, not only until ``body`` has returned.

    Only the entry point of a command calls this. Python waits for the threads of every executor before it exits,
    without any limit, so one stuck call would keep the process alive.
    """
    _whole_process.set()


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
    with ``STUCK``, even if its event loop is blocked. Nothing is lost: whatever was acknowledged is on disk by then, as
    it must be for a power cut. After ``limit_whole_process``, what follows ``body`` must also end in that time.

    SIGHUP is ignored and logged. Operators send it to have a service reload its configuration, and a lost terminal
    sends it too; neither may interrupt pictures. With ``with_terminal``, SIGHUP stops the command, which is useless
    once its terminal is gone. The handlers are set even if the shell ignores these signals, as it does for background
    jobs.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    deadline = Deadline(loop, within)
    stopping = SIGNALS if with_terminal else STOPPING
    if not with_terminal:
        loop.add_signal_handler(RELOADING, _say_that_nothing_is_reloaded)
    for number in stopping:
        loop.add_signal_handler(number, stop.set)
        # asyncio's own handler does nothing: the loop learns of a signal from its wakeup descriptor, and not before it
        # runs again. This one is called even if a callback never returns.
        signal.signal(number, deadline.begin)
    try:
        await body(stop)
    finally:
        if not _whole_process.is_set():
            deadline.call_off()
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _say_that_nothing_is_reloaded() -> None:
    logger.warning("SIGHUP is ignored: restart the gateway to have it read a changed configuration")
