"""Runs one measurement: a feeder, a server and viewers, each in a separate process. All of them are ended, whatever
happens."""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.load.clip import FPS
from bench.load.feeder import COUNT
from bench.load.viewers import Result, Task
from bench.servers.server import NothingSeen, Server, started

LIMIT = 180.0
SETTLE = 3.0


@dataclass(frozen=True, slots=True)
class Feed:
    """A running feeder: its RTSP port, its log, the port to which it sends over UDP, its process."""

    directory: Path
    cameras: int
    rtsp_port: int
    rtp_port: int
    log: Path
    pid: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Holds what the viewers found, and by how much the server's own counters rose during that time."""

    result: Result
    counters: dict[str, float] = field(default_factory=dict)


Build = Callable[[Feed], Server]
"""Makes a server that will pull a feeder's cameras."""


@contextlib.asynccontextmanager
async def feeding(
    cameras: int, rtp_port: int = 0, fps: int = FPS, rtsp_port: int = 0, logged: bool = True
) -> AsyncIterator[Feed]:
    """Run a feeder with that many cameras, and a directory for it. Without a log it costs a third as much."""
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as name:
        directory = Path(name)
        log = directory / "written.log"
        command = [
            sys.executable,
            "-m",
            "bench.load.feeder",
            "--cameras",
            str(cameras),
            *(["--log", str(log)] if logged else []),
        ]
        command += ["--fps", str(fps), "--port", str(rtsp_port)]
        command += ["--rtp-port", str(rtp_port)] if rtp_port else []
        process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            port = int(await process.stdout.readline())
            yield Feed(directory, cameras, port, rtp_port, log, process.pid)
        finally:
            process.kill()
            await process.wait()


class Written(NamedTuple):
    """The number of streams that a feeder is playing now, the packets and pictures that it has written to players so
    far, and the bytes that are waiting in it for players that do not read."""

    players: int
    packets: int
    pictures: int
    waiting: int


async def counted(feed: Feed) -> Written:
    """Return what the feeder has done so far."""
    reader, writer = await asyncio.open_connection("127.0.0.1", feed.rtsp_port)
    writer.write(f"{COUNT} * RTSP/1.0\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    found = Written(*json.loads(await reader.readuntil(b"]")))
    writer.close()
    await writer.wait_closed()
    return found


async def measure(
    build: Build, feed: Feed, viewers: int, seconds: float, coalesce: bool = True, waiting: bool = False
) -> Measured:
    """Start the server, let the viewers watch its cameras in turn, and stop it. Raises NotHere if it cannot be started,
    NothingSeen if no viewer got a packet, and any other error that occurs."""
    server = build(feed)
    async with started(server):
        endpoints = []
        for number in range(viewers):
            camera = number % feed.cameras
            endpoint = await server.endpoint(camera)
            endpoints.append((camera, endpoint.url, endpoint.token, endpoint.host))
        task = Task(endpoints, list(server.pids), [feed.pid], str(feed.log), SETTLE, seconds, coalesce, waiting)
        return await _watch(task, server)


async def _watch(task: Task, server: Server) -> Measured:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load.viewers", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(LIMIT):
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asdict(task)).encode())
            process.stdin.write_eof()
            await process.stdout.readline()
            before = await server.counters()
            result = Result(**json.loads(await process.stdout.read()))
            after = await server.counters()
            await process.wait()
            if not result.packets:
                raise NothingSeen(f"none of {result.asked} viewers got a packet: {result.failed or 'nothing was sent'}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if result.failed:
        print(f"{result.asked - result.viewers} of {result.asked} viewers did not connect: {result.failed}")
    return Measured(result, {name: value - before.get(name, 0.0) for name, value in after.items()})
