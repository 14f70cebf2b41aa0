"""Starts child processes that print a line when they are ready, finds free ports, and waits for conditions."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.process.deadline import STUCK
from gateway.process.running import STOPS_WITHIN
from rig.example import ENVIRONMENT, ROOT

STARTS_WITHIN = 30.0


PORTS = range(15_000, 32_000)
"""Below the range from which systems choose ports. A free port in that range may be taken by another connection before
our process has started.
"""


def free_port() -> int:
    """Return a port that is free for both TCP and UDP, because media needs both."""
    while not _is_free(port := random.choice(PORTS)):
        pass
    return port


def free_pair() -> int:
    """Return a free port whose next port is free too, as ``demo`` needs for its cameras."""
    while not _is_free((port := free_port()) + 1):
        pass
    return port


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


class Process:
    """A child process in ``directory`` that prints a line when it is ready. Its log goes to a file."""

    def __init__(
        self, command: list[str], log: Path, environment: Mapping[str, str] | None = None, directory: Path = ROOT
    ) -> None:
        self._log = log.open("ab")
        self.log_path = log
        self.process: subprocess.Popen[str] = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            cwd=directory,
            env={**os.environ, **ENVIRONMENT, **(environment or {})},
            text=True,
        )

    def wait_ready(self, word: str = "ready") -> str:
        """Wait for the line that contains ``word``. If the process ends first, fail with its log."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            line = self.process.stdout.readline()
            if word in line:
                return line
            if not line and self.process.poll() is not None:
                break
        raise AssertionError(f"not ready: {self.process.args!r}\n{self._end_of_log()}")

    def kill(self) -> None:
        """Send SIGKILL, which is as sudden as a power cut."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Send SIGTERM and return the exit code. Fail with the process's log if it does not stop by itself."""
        try:
            if self.process.poll() is None:
                self.process.terminate()
                try:
                    self.process.wait(STOPS_WITHIN + 4)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
                    raise AssertionError(f"did not stop: {self.process.args!r}\n{self._end_of_log()}") from None
        finally:
            self._log.close()
            if self.process.stdout is not None:
                self.process.stdout.close()
        assert self.process.returncode != STUCK, f"did not stop in time: {self.process.args!r}\n{self._end_of_log()}"
        return self.process.returncode

    def _end_of_log(self) -> str:
        return self.log_path.read_text()[-3000:]


def descendants(pid: int) -> set[int]:
    """Return the ids of a process and of all processes that it has started."""
    found = {pid}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) in found:
            found |= descendants(int(entry.parent.name))
    return found


async def until(condition: Any, within: float, what: str) -> Any:
    """Return the first true value of an async condition. Fail after ``within`` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = await condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        await asyncio.sleep(0.05)
