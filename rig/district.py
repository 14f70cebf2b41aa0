"""Runs the example district in real processes: a simulated school, the gateway, and signed-in clients."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from gateway.commands.invite import links
from gateway.config_loader import Loaded, load
from gateway.models import Principal, Role, SiteId
from rig.example import ENVIRONMENT, ROOT
from rig.processes import Process, free_port

LIVE = frozenset({"lincoln-main-entrance", "lincoln-lobby", "lincoln-hallway-west", "lincoln-hallway-east"})
"""The number of cameras that are drawn and encoded live. The others play one clip, encoded once, to save CPU time."""

PEOPLE = {
    "dispatcher": Principal("dispatcher-1", "Dispatcher 1", Role.DISPATCHER),
    "headquarters": Principal("headquarters-1", "Headquarters 1", Role.HEADQUARTERS),
    "patrol": Principal("patrol-12", "Patrol car 12", Role.PATROL),
    "coordinator": Principal("coordinator-1", "School coordinator 1", Role.COORDINATOR, frozenset({SiteId("lincoln")})),
    "coordinator_oak": Principal("coordinator-2", "School coordinator 2", Role.COORDINATOR, frozenset({SiteId("oak")})),
    "district_it": Principal("it-1", "District IT 1", Role.DISTRICT_IT),
    "auditor": Principal("auditor-1", "Auditor 1", Role.AUDITOR),
}


@dataclass
class District:
    """The example district on free ports, with its state in its own folder."""

    directory: Path
    urls: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    gop: float = 2.0
    live: frozenset[str] = LIVE
    http_port: int = field(default_factory=free_port)
    media_port: int = field(default_factory=free_port)
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
        """Return the settings that differ from the example's files."""
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
        """Start the simulated school in its own process."""
        command = [sys.executable, "-m", "gateway", "simulate", "--port", str(self.rtsp_port)]
        command += ["--control-port", str(self.control_port), "--gop", str(self.gop), "--loop", "1"]
        return self._start(command, "school.log")

    def start_gateway(self) -> Process:
        """Start the gateway in its own process."""
        command = [sys.executable, "-m", "gateway", "serve"]
        for key, value in self.overrides().items():
            command += ["--set", f"{key}={json.dumps(value)}"]
        return self._start(command, "gateway.process.log")

    def _start(self, command: list[str], log: str) -> Process:
        process = Process(command, self.directory / log)
        self.processes.append(process)
        process.wait_ready()
        return process

    async def stop(self) -> None:
        """Close the clients and stop all processes, even if one of them fails to stop."""
        for client in self.clients:
            await client.close()
        with ExitStack() as stack:
            for process in self.processes:
                stack.callback(process.stop)

    async def invitation(self, who: str) -> str:
        """Return a sign-in link for one of PEOPLE."""
        [link] = await links(self.loaded(), [PEOPLE[who]], self.url)
        return link

    async def client(self, who: str) -> "Client":
        """Return a signed-in HTTP client."""
        code = (await self.invitation(who)).rpartition("=")[2]
        client = Client(self.url)
        self.clients.append(client)
        await client.post("/api/invitations/redeem", {"code": code})
        return client

    async def lock_down(self) -> None:
        """Open a real incident at the school."""
        coordinator = await self.client("coordinator")
        status, answer = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
        assert status == 201, answer

    async def fault(self, camera: str, **faults: object) -> None:
        """Set the faults of a simulated camera. Without arguments, repair it."""
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
    """Run a district while the block lasts, without cameras if ``cameras`` is false."""
    async with running(District(directory, settings=settings or {}), cameras=cameras) as district:
        yield district


@asynccontextmanager
async def running(district: District, *, cameras: bool = True) -> AsyncIterator[District]:
    """Run the district's cameras and its gateway while the block lasts."""
    try:
        if cameras:
            district.start_school()
        district.start_gateway()
        yield district
    finally:
        await district.stop()
