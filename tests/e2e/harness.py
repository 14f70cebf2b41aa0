"""Real processes for the end-to-end tests: a simulated school, GStreamer's server, the gateway, a browser's sign-in."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from gateway.commands.invite import links
from gateway.config_loader import Loaded, load
from gateway.models import Principal, Role, SiteId
from tests.in_process import ENVIRONMENT

ROOT = Path(__file__).parents[2]
STARTS_WITHIN = 30.0

LIVE = frozenset({"lincoln-main-entrance", "lincoln-lobby", "lincoln-hallway-west", "lincoln-hallway-east"})
"""Cameras that are drawn and encoded live; the others serve one clip encoded once, since cores are few."""

PEOPLE = {
    "dispatcher": Principal("dispatcher-1", "Dispatcher 1", Role.DISPATCHER),
    "headquarters": Principal("headquarters-1", "Headquarters 1", Role.HEADQUARTERS),
    "patrol": Principal("patrol-12", "Patrol car 12", Role.PATROL),
    "coordinator": Principal("coordinator-1", "School coordinator 1", Role.COORDINATOR, frozenset({SiteId("lincoln")})),
    "coordinator_oak": Principal("coordinator-2", "School coordinator 2", Role.COORDINATOR, frozenset({SiteId("oak")})),
    "district_it": Principal("it-1", "District IT 1", Role.DISTRICT_IT),
    "auditor": Principal("auditor-1", "Auditor 1", Role.AUDITOR),
}


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that nobody has at the moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_pair() -> int:
    """A port that is free and has a free one above it, as ``demo`` wants for its cameras."""
    while True:
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
        return port


class Process:
    """A child process that says on standard output when it is ready. Its log goes to a file."""

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._log = log.open("ab")
        self.log_path = log
        self.process: subprocess.Popen[str] = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT, **(environment or {})},
            text=True,
        )

    def wait_ready(self, word: str = "ready") -> str:
        """The line that holds ``word``. Fails with the log when the process ends first."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            line = self.process.stdout.readline()
            if word in line:
                return line
            if not line and self.process.poll() is not None:
                break
        raise AssertionError(f"not ready: {self.process.args!r}\n{self.log_path.read_text()[-3000:]}")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"did not stop on SIGTERM: {self.process.args!r}") from None
        self._log.close()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.returncode


@dataclass
class District:
    """The example district on free ports, with state in a folder of its own."""

    directory: Path
    urls: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    gop: float = 2.0
    live: frozenset[str] = LIVE
    http_port: int = field(default_factory=free_port)
    media_port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))
    rtsp_port: int = field(default_factory=free_port)
    control_port: int = field(default_factory=free_port)
    processes: list[Process] = field(default_factory=list)
    clients: list["Client"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.http_port}"

    @property
    def control(self) -> str:
        return f"http://127.0.0.1:{self.control_port}"

    def overrides(self) -> dict[str, object]:
        """What differs from the example's files."""
        found: dict[str, object] = {
            "http.port": self.http_port,
            "http.public_url": self.url,
            "media.port": self.media_port,
            "storage.directory": str(self.directory),
        }
        plain = load(ROOT / "config" / "sightline.yaml", environment=ENVIRONMENT)
        for site in plain.settings.sites:
            for camera in site.cameras:
                for name in ("main", "sub"):
                    path = camera.id if camera.id in self.live else "loop-1"
                    url = self.urls.get(camera.id, f"rtsp://127.0.0.1:{self.rtsp_port}/{path}/{name}")
                    found[f"sites.{site.id}.cameras.{camera.id}.{name}.url"] = url
        return found | self.settings

    def loaded(self) -> Loaded:
        return load(ROOT / "config" / "sightline.yaml", self.overrides(), ENVIRONMENT)

    def start_school(self) -> Process:
        """The simulated school, in its own process."""
        command = [sys.executable, "-m", "gateway", "simulate", "--port", str(self.rtsp_port)]
        command += ["--control-port", str(self.control_port), "--gop", str(self.gop), "--loop", "1"]
        return self._start(command, "school.log")

    def start_gateway(self) -> Process:
        """The gateway, in its own process."""
        command = [sys.executable, "-m", "gateway", "serve"]
        for key, value in self.overrides().items():
            command += ["--set", f"{key}={json.dumps(value)}"]
        return self._start(command, "gateway.log")

    def _start(self, command: list[str], log: str) -> Process:
        process = Process(command, self.directory / log)
        self.processes.append(process)
        process.wait_ready()
        return process

    async def stop(self) -> None:
        """Close what was opened by ``client``, and stop all processes."""
        for client in self.clients:
            await client.close()
        for process in reversed(self.processes):
            process.stop()

    async def invitation(self, who: str) -> str:
        """A sign-in link for one of PEOPLE."""
        [link] = await links(self.loaded(), [PEOPLE[who]], self.url)
        return link

    async def client(self, who: str) -> "Client":
        """An HTTP client that is signed in."""
        code = (await self.invitation(who)).rpartition("=")[2]
        client = Client(self.url)
        self.clients.append(client)
        await client.post("/api/invitations/redeem", {"code": code})
        return client

    async def fault(self, camera: str, **faults: object) -> None:
        """Set the faults of a simulated camera; none given: it is well again."""
        async with aiohttp.ClientSession() as session:
            url = f"{self.control}/cameras/{camera}/faults"
            answer = await (session.put(url, json=faults) if faults else session.delete(url))
            assert answer.status < 300, await answer.text()


class Client:
    """A signed-in HTTP client."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def post(self, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        async with self.session.post(self.url + path, json=body, headers={"X-Sightline": "1"} | headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.session.get(self.url + path) as answer:
            return answer.status, await answer.json(content_type=None)

    async def close(self) -> None:
        await self.session.close()


@asynccontextmanager
async def served(
    directory: Path, settings: dict[str, object] | None = None, *, cameras: bool = True
) -> AsyncIterator[District]:
    """A running district; without ``cameras`` for pages that need none."""
    district = District(directory, settings=settings or {})
    try:
        if cameras:
            district.start_school()
        district.start_gateway()
        yield district
    finally:
        await district.stop()


def descendants(pid: int) -> set[int]:
    """Process ids of a process and of all that it has started."""
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
    """The first true value of an async condition, asked again until ``within`` seconds have gone."""
    deadline = time.monotonic() + within
    while True:
        value = await condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        await asyncio.sleep(0.05)
