"""Running a command as a process: signals in, a clean stop out."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_stopped(body: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run ``body`` with an event that SIGINT, SIGTERM or SIGHUP sets.

    The handlers are set even where a shell has the signals ignored, as it does for background jobs.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        await body(stop)
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
