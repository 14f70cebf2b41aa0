"""Tells the command line whether a gateway is using this storage, and when it last closed what other processes had
ended.

The gateway holds a lock on a file. The kernel releases it when the process ends, in whatever way. The file contains the
time at which the last complete check began, in monotonic seconds, which all processes of a machine share. If a process
has ended something and then finds a later time there, it knows that everything is closed.
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
"""The length of the number in bytes. It is fixed, so that the number can be overwritten in place."""


class Presence:
    """Notes the gateway's presence. ``looked_at`` returns the time to note.

    If the file cannot be used, the gateway runs without it.
    """

    def __init__(self, directory: Path, looked_at: Callable[[], float]) -> None:
        self._path = directory / NAME
        self._looked_at = looked_at

    async def run(self, clock: Clock) -> None:
        """Hold the lock and keep the time up to date, until cancelled."""
        file = self._open()
        if file is None:
            return
        try:
            while not _locked(file):
                await clock.sleep(WRITE_EVERY)
            noted = -1.0
            while True:
                if (looked_at := self._looked_at()) != noted:
                    # This runs in a thread, so that a disk that hangs delays only the command line.
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
    """Try to take the lock. A command that checks it holds the exclusive lock for a few microseconds."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def looked_at_by_gateway(directory: Path) -> float | None:
    """Return when the gateway on this storage last checked, in monotonic seconds. It blocks.

    Return None if no gateway is running on this machine.
    """
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
            return 0.0  # The gateway has just started.
    else:
        return None
    finally:
        os.close(file)
