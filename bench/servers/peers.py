"""Other servers: those that the bench starts itself, and any running server that speaks WHEP."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.run import Feed
from bench.servers.server import Endpoint, NotHere
from rig.processes import free_port

STARTS_WITHIN = 60.0
COMES_BACK = 12.0


class PlainAiortc:
    """``bench/servers/plain_aiortc.py``."""

    def __init__(self, feed: Feed) -> None:
        self._urls = [f"rtsp://127.0.0.1:{feed.rtsp_port}/camera-{number}" for number in range(feed.cameras)]
        self._log = (feed.directory / "plain_aiortc.log").open("ab")
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the id of its only process."""
        return () if self._process is None else (self._process.pid,)

    async def start(self) -> None:
        """Start it, and wait until all cameras are open. Raises NotHere."""
        command = [sys.executable, "-m", "bench.servers.plain_aiortc", *self._urls]
        self._process = process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                self._port = int(await process.stdout.readline())
        except (TimeoutError, ValueError) as error:
            raise NotHere("plain aiortc does not start") from error

    async def endpoint(self, camera: int) -> Endpoint:
        """Return the camera's address, without a token, because such a simple program has none."""
        return Endpoint(f"http://127.0.0.1:{self._port}/whep/{camera}")

    async def counters(self) -> dict[str, float]:
        """Return nothing, because the program counts nothing."""
        return {}

    async def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
        self._log.close()


class Program:
    """A server that is one program with one configuration, started here. It listens only on loopback."""

    def __init__(self, name: str, feed: Feed, configuration: Mapping[str, object], whep: str, http_port: int) -> None:
        """``whep``: the URL of a camera's endpoint, with ``{camera}`` for its number."""
        self._name = name
        self._directory = feed.directory
        self._configuration = configuration
        self._whep = whep
        self._http_port = http_port
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the id of its only process."""
        return () if self._process is None else (self._process.pid,)

    async def start(self) -> None:
        """Start it, and wait until it is listening. Raises NotHere."""
        program = program_of(self._name)
        file = self._directory / f"{self._name}.yml"
        file.write_text(json.dumps(self._configuration))  # JSON is YAML
        arguments = ["-config", str(file)] if self._name == "go2rtc" else [str(file)]
        log_file = self._directory / f"{self._name}.log"
        with log_file.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                program, *arguments, stdout=log, stderr=subprocess.STDOUT, cwd=self._directory
            )
        deadline = asyncio.get_running_loop().time() + STARTS_WITHIN
        while not listens(self._http_port):
            if self._process.returncode is not None or asyncio.get_running_loop().time() > deadline:
                raise NotHere(f"{self._name} does not start: {log_file.read_text()[-500:]}")
            await asyncio.sleep(0.05)

    async def endpoint(self, camera: int) -> Endpoint:
        """Return a camera's address, without a token."""
        return Endpoint(self._whep.replace("{camera}", str(camera)))

    async def counters(self) -> dict[str, float]:
        """Return nothing: the bench does not read its counters."""
        return {}

    async def stop(self) -> None:
        """Kill it."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


def mediamtx(feed: Feed) -> Program:
    """Return MediaMTX with WebRTC over UDP and everything else off. It pulls cameras all the time."""
    http, udp = free_port(), free_port()
    off = dict.fromkeys(("rtsp", "rtmp", "hls", "srt", "api", "metrics", "pprof", "playback"), False)
    configuration: dict[str, object] = {
        **off,
        "logLevel": "warn",
        "webrtc": True,
        "webrtcAddress": f"127.0.0.1:{http}",
        "webrtcLocalUDPAddress": f"127.0.0.1:{udp}",
        "webrtcIPsFromInterfaces": False,
        "webrtcAdditionalHosts": ["127.0.0.1"],
        "paths": {
            f"camera-{number}": {"source": url, "rtspTransport": "tcp", "sourceOnDemand": False}
            for number, url in enumerate(cameras_of(feed))
        },
    }
    return Program("mediamtx", feed, configuration, f"http://127.0.0.1:{http}/camera-{{camera}}/whep", http)


def go2rtc(feed: Feed) -> Program:
    """Return go2rtc, which pulls cameras all the time (``preload``; by default it pulls on demand). It has no STUN
    servers, and is told to offer loopback candidates: otherwise, listening only on loopback, it would offer none.
    """
    http, media = free_port(), free_port()
    configuration: dict[str, object] = {
        "app": {"modules": ["api", "rtsp", "webrtc"]},
        "log": {"level": "warn"},
        "api": {"listen": f"127.0.0.1:{http}"},
        "rtsp": {"listen": ""},
        "webrtc": {"listen": f"127.0.0.1:{media}/udp", "ice_servers": [], "filters": {"loopback": True}},
        "streams": {f"camera-{number}": url for number, url in enumerate(cameras_of(feed))},
        "preload": {f"camera-{number}": "video" for number in range(feed.cameras)},
    }
    return Program("go2rtc", feed, configuration, f"http://127.0.0.1:{http}/api/webrtc?src=camera-{{camera}}", http)


def cameras_of(feed: Feed) -> list[str]:
    """Return RTSP URLs, by number."""
    return [f"rtsp://127.0.0.1:{feed.rtsp_port}/camera-{number}" for number in range(feed.cameras)]


def program_of(name: str) -> str:
    """Return the path of a program: the value of the environment variable with its upper-case name (``MEDIAMTX``), or
    else where the search path finds it. Raises NotHere.
    """
    found = os.environ.get(name.upper()) or shutil.which(name)
    if found is None or not Path(found).exists():
        raise NotHere(f"not installed: put {name} on the search path, or its file in {name.upper()}")
    return found


def listens(port: int) -> bool:
    """Return True if a server accepts TCP connections at this port on loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class External:
    """A server that somebody else started and pointed at the feeder's cameras. ``host``: the viewers' own address."""

    def __init__(self, url: str, pids: tuple[int, ...], token: str = "", host: str = "127.0.0.1") -> None:
        self._url = url
        self._token = token
        self._host = host
        self.pids = pids

    async def start(self) -> None:
        """Give it time to find its cameras again: it is already running."""
        await asyncio.sleep(COMES_BACK)

    async def endpoint(self, camera: int) -> Endpoint:
        """Return the URL, with ``{camera}`` replaced by the camera's number."""
        return Endpoint(self._url.replace("{camera}", str(camera)), self._token, self._host)

    async def counters(self) -> dict[str, float]:
        """Return nothing: its counters are not known."""
        return {}

    async def stop(self) -> None:
        """Leave it running: the bench did not start it."""
