"""Says to the command line whether a gateway runs on this storage, and when it last closed what others had ended.

A lock on the file stands for the gateway: the kernel takes it away with the process, however that ends. In the file is
when the last look began of those that are complete, in monotonic seconds, which all processes of a machine share.
Whoever has ended something and then finds a later time knows that it is closed.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Callable
from pathlib import Path

from gateway.clock import Clock

logger = logging.getLogger(__name__)

NAME = "gateway.lock"
WRITE_EVERY = 0.25
_LENGTH = 20
"""Bytes of the number, always, so that it is written in place."""


class Presence:
    """The gateway's side. ``looked_at`` gives the time to note. A file that cannot be used stops nothing."""

    def __init__(self, directory: Path, looked_at: Callable[[], float]) -> None:
        self._path = directory / NAME
        self._looked_at = looked_at

    async def run(self, clock: Clock) -> None:
        """Hold the lock, and note the time, until cancelled."""
        file = self._open()
        if file is None:
            return
        try:
            while not _locked(file):
                await clock.sleep(WRITE_EVERY)
            noted = -1.0
            while True:
                if (looked_at := self._looked_at()) != noted:
                    # In a thread: a disk that hangs may hold up what the command line is told, and nothing else.
                    await asyncio.to_thread(self._note, file, looked_at)
                    noted = looked_at
                await clock.sleep(WRITE_EVERY)
        finally:
            os.close(file)

    def _open(self) -> int | None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            logger.warning("%s cannot be used (%s): commands will say that no gateway runs", self._path, error)
            return None

    def _note(self, file: int, looked_at: float) -> None:
        try:
            os.pwrite(file, f"{looked_at:{_LENGTH}.3f}\n".encode(), 0)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._path, error)


def _locked(file: int) -> bool:
    """Try to hold the lock: a command that asks holds the other kind for some microseconds."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def looked_at_by_gateway(directory: Path) -> float | None:
    """Return when the gateway on this storage last looked, in monotonic seconds; None if none runs on this machine.
    Blocking."""
    try:
        file = os.open(directory / NAME, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            return float(os.pread(file, _LENGTH, 0))
        except ValueError:
            return 0.0  # it has just started
    else:
        return None
    finally:
        os.close(file)
