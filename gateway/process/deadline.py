"""Ends a process that does not stop in time, whatever it is stuck in, after saying what that is."""

import asyncio
import logging
import os
import sys
import threading
import time
from queue import Empty, SimpleQueue
from threading import Thread
from types import FrameType
from typing import Any

logger = logging.getLogger(__name__)

STUCK = 3
"""The exit code of a command that did not stop in time."""
ANSWERS_WITHIN = 0.3
"""Seconds within which an event loop that is not blocked says what its tasks are waiting for."""
SAYS_WITHIN = 1.0
"""Seconds after which the process exits even if its last words cannot be written, for example to a full pipe."""
CALLS = 12
"""The number of calls that are shown of each thread."""
_OWN = ("stop deadline", "last words")


class Deadline:
    """Exits with ``STUCK`` if the process goes on for more than ``within`` seconds after ``begin``.

    A thread of its own waits for that. It starts at once, since a signal handler could not start one safely, and does
    not keep the process from ending.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, within: float) -> None:
        self._loop = loop
        self._within = within
        self._told = SimpleQueue[bool]()
        Thread(target=self._wait, name=_OWN[0], daemon=True).start()

    def begin(self, *_: object) -> None:
        """Start the time. This is a signal handler and takes no lock. Only its first call counts."""
        self._told.put(True)

    def call_off(self) -> None:
        """Stop waiting, since the process or what it limits has ended by itself."""
        self._told.put(False)

    def _wait(self) -> None:
        if not self._told.get():
            return
        ends = time.monotonic() + self._within
        try:
            while self._told.get(timeout=max(0.0, ends - time.monotonic())):
                pass
        except Empty:
            # A stuck thread may hold the lock of the log, so a new thread writes, and nothing waits for it for long.
            speaking = Thread(target=self._say, name=_OWN[1], daemon=True)
            speaking.start()
            speaking.join(SAYS_WITHIN)
            os._exit(STUCK)

    def _say(self) -> None:
        for waiting in (*_threads(), *_tasks_of(self._loop)):
            logger.error("still running %g s after the signal to stop: %s", self._within, waiting)


def _threads() -> list[str]:
    """Return the name of each thread and where it is, innermost call first.

    The faulthandler is no help here: it holds the interpreter's lock while it writes, even to a full pipe.
    """
    frames, found = sys._current_frames(), list[str]()
    for thread in threading.enumerate():
        frame, places = frames.get(thread.ident or 0), list[str]()
        while frame is not None and len(places) < CALLS:
            places.append(_place(frame))
            frame = frame.f_back
        if thread.name not in _OWN:
            found.append(f"thread {thread.name}, {' in '.join(places)}")
    return found


def _tasks_of(loop: asyncio.AbstractEventLoop) -> list[str]:
    """Return the name of each task and where it is waiting, or one sentence if the loop does not answer."""
    answer = SimpleQueue[list[str]]()

    def tell() -> None:
        answer.put([f"{task.get_name()}, {_where(task)}" for task in asyncio.all_tasks(loop)])

    try:
        loop.call_soon_threadsafe(tell)
        return answer.get(timeout=ANSWERS_WITHIN)
    except Empty:
        return ["the event loop, which is blocked"]
    except RuntimeError:
        return ["a thread, although the event loop has ended"]


def _where(task: asyncio.Task[Any]) -> str:
    """Return the place at which a task is waiting, as the innermost coroutine that has a frame shows it."""
    place = "before its first step"
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None)
        if frame is not None:
            place = _place(frame)
        waiting = getattr(waiting, "cr_await", None)
    return place


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} ({frame.f_code.co_name})"
