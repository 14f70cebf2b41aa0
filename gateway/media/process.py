"""Starts worker processes with one end of a socket pair each, and makes sure that they end."""

import asyncio
import contextlib
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator

from gateway.media.link import Link
from gateway.media.messages import FromWorker
from gateway.process.environment import inherited

INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "RES_OPTIONS", "LOCALDOMAIN")
"""Environment variables that a worker inherits besides those that Python needs. Others may hold passwords that no
worker needs."""

EXITS_WITHIN = 1.0
STANDARD_ERROR = 2


class Worker:
    """Holds a worker process and the link to it."""

    def __init__(self, link: Link, process: Process) -> None:
        self.link = link
        self._process = process

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    async def end(self) -> None:
        """Kill the process and wait until it is dead. It sends nothing more."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def wait(self, seconds: float) -> None:
        """Wait this long for the process to end by itself."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()


@contextlib.asynccontextmanager
async def worker_process(name: str, hears: FromWorker) -> AsyncIterator[Worker]:
    """Run a worker that reports to ``hears``. ``name`` appears in logs and process lists.

    The process is dead on exit from this context. It logs to our standard error.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway.media.worker",
            str(theirs.fileno()),
            name,
            pass_fds=(theirs.fileno(),),
            env=inherited(*INHERITED),
            stdin=DEVNULL,
            stdout=STANDARD_ERROR,
        )
    link = Link(hears, FromWorker)
    worker = Worker(link, process)
    try:
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)
        yield worker
    finally:
        link.close()  # this ends all of its sessions, and then the process
        await worker.wait(EXITS_WITHIN)
        await worker.end()
