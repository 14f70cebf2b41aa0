"""This gateway as a server under test: ``sightline serve`` with a district made for the purpose, an incident opened
through the console's request, tokens and WHEP. It runs the code of this checkout or of another one.
"""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from bench.load.alarm_loads import OTHER_BUTTON, OTHER_SECRET
from bench.servers.server import Endpoint, NotHere
from rig.district import Client
from rig.example import ROOT
from rig.processes import Process, free_port, until

SITE = "bench"
PANIC, PANIC_SECRET = "bench-panic", "the-secret-of-the-button-of-the-bench"
STARTS_WITHIN = 20.0
STARTS_WITHIN_A_CAMERA = 0.1
DISPATCHERS = 8  # one sign-in may have 64 pictures open


@dataclass(frozen=True, slots=True)
class Variant:
    """The variant of the gateway to measure: the checkout whose code runs, whether keyframes are checked (picture
    health), whether the kernel may split sends into datagrams (GSO), and whether anybody will be watching. If not,
    nobody signs in.
    """

    tree: Path = ROOT
    health: bool = True
    gso: bool = True
    watched: bool = True

    @property
    def python(self) -> str:
        """Return the checkout's own Python if it has one."""
        own = self.tree / ".venv/bin/python"
        return str(own) if own.exists() else sys.executable

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment in which the checkout's modules are found before any that are installed."""
        return {"PYTHONPATH": str(self.tree)}

    @property
    def command(self) -> list[str]:
        """Return the gateway's command, without its own arguments."""
        left_out = [name for name, kept in (("health", self.health), ("gso", self.gso)) if not kept]
        if not left_out:
            return [self.python, "-m", "gateway"]
        return [self.python, str(Path(__file__).with_name("without.py")), ",".join(left_out)]


def write_district(directory: Path, cameras: int, rtsp_port: int) -> Path:
    """Write the configuration of a school that is one hall with that many cameras. Return its path."""
    square = [[[x, y] for x, y in ((-89.0, 40.0), (-88.999, 40.0), (-88.999, 40.001), (-89.0, 40.001), (-89.0, 40.0))]]
    polygon, point = {"type": "Polygon", "coordinates": square}, {"type": "Point", "coordinates": [-88.9995, 40.0005]}
    features: list[tuple[str, dict[str, object], object]] = [
        (SITE, {"type": "site", "name": "Bench", "verified_on": "2026-01-01"}, {**point, "coordinates": [-89.0, 40.0]}),
        ("hall", {"type": "building", "name": "Hall"}, polygon),
        ("floor", {"type": "floor", "name": "Floor", "building": "hall", "level": 0}, polygon),
    ]
    ids = [f"camera-{number}" for number in range(cameras)]
    placed = {"type": "camera", "floor": "floor", "heading": 0, "fov": 90, "range": 30}
    features += [(camera, placed, point) for camera in ids]
    plan = [{"type": "Feature", "id": id, "properties": what, "geometry": where} for id, what, where in features]
    (directory / "plan.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": plan}))
    configuration = {
        "district": "Bench",
        "agreements": [{"site": SITE, "legal_basis": "A measurement"}],
        "tokens": {"lifetime": 300},
        "storage": {"directory": "data"},
        "sites": [
            {
                "id": SITE,
                "name": "Bench",
                "plan": "plan.geojson",
                "webhooks": [
                    {"id": PANIC, "name": "Panic button", "secret": PANIC_SECRET},
                    {"id": OTHER_BUTTON, "name": "Another button", "secret": OTHER_SECRET},
                ],
                "cameras": [
                    {"id": camera, "name": camera, "main": {"url": f"rtsp://127.0.0.1:{rtsp_port}/{camera}"}}
                    for camera in ids
                ],
            }
        ],
    }
    path = directory / "sightline.yaml"
    path.write_text(json.dumps(configuration))  # JSON is YAML
    return path


class Sightline:
    """One gateway process, and its worker processes if it has any."""

    def __init__(
        self,
        directory: Path,
        cameras: int,
        rtsp_port: int,
        settings: dict[str, object] | None = None,
        variant: Variant | None = None,
    ) -> None:
        self._variant = variant or Variant()
        self._directory = directory
        self._cameras = cameras
        self._configuration = write_district(directory, cameras, rtsp_port)
        self._http = free_port()
        self._settings = {"http.port": self._http, "http.public_url": self.url, "media.port": 0}
        self._settings |= settings or {}
        self._process: Process | None = None
        self._clients: list[Client] = []
        self._tokens: list[str] = []
        self._given = 0
        self.auditor = ""

    @property
    def url(self) -> str:
        """Return the address of the pages."""
        return f"http://localhost:{self._http}"

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the process to measure, including its children."""
        return () if self._process is None else (self._process.process.pid,)

    async def start(self) -> None:
        """Start it, open the incident, and wait for every camera. Raises NotHere if it rejects a setting."""
        command = [*self._variant.command, "serve", "--config", str(self._configuration)]
        for key, value in self._settings.items():
            command += ["--set", f"{key}={json.dumps(value)}"]
        log, variant = self._directory / "gateway.process.log", self._variant
        self._process = Process(command, log, variant.environment, variant.tree)
        try:
            await asyncio.to_thread(self._process.wait_ready)
        except AssertionError as error:
            raise NotHere(str(error)) from error
        if variant.watched:
            await self._sign_in()
            within = STARTS_WITHIN + STARTS_WITHIN_A_CAMERA * self._cameras
            await until(self._all_up, within, "every camera plays")

    async def _sign_in(self) -> None:
        for link in await asyncio.to_thread(self._links):
            client = Client(self.url)
            self._clients.append(client)
            await client.post("/api/invitations/redeem", {"code": link.rpartition("=")[2]})
        *dispatchers, auditor, coordinator = self._clients
        self.auditor = auditor.session.cookie_jar.filter_cookies(URL(self.url))["sightline"].value
        await coordinator.post("/api/incidents", {"site": SITE, "kind": "real"})
        for dispatcher in dispatchers:
            _, told = await dispatcher.post("/api/tokens", {"site": SITE})
            self._tokens.append(told["token"])

    def _links(self) -> list[str]:
        """Return sign-in links, made by the checkout's own code, because only that knows its database's schema."""
        program = str(Path(__file__).with_name("invitations.py"))
        arguments = [str(self._configuration), json.dumps(self._settings), self.url, str(DISPATCHERS), SITE]
        made = subprocess.run(
            [self._variant.python, program, *arguments],
            cwd=self._variant.tree,
            env=os.environ | self._variant.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NotHere(made.stderr)
        return made.stdout.split()

    async def endpoint(self, camera: int) -> Endpoint:
        """Return where a viewer of the camera posts its offer. Dispatchers take turns."""
        self._given += 1
        return Endpoint(f"{self.url}/whep/camera-{camera}", self._tokens[self._given % DISPATCHERS])

    async def counters(self) -> dict[str, float]:
        """Return the gateway's own counts of what it dropped and sent."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        wanted = ("sightline_dropped_total", "sightline_packets_out_total")
        values = (line.rsplit(" ", 1) for line in lines if line.startswith(wanted))
        return {name: float(value) for name, value in values if float(value)}

    async def stop(self) -> None:
        """Close the connections, and stop the process."""
        for client in self._clients:
            await client.close()
        if self._process is not None:
            self._process.stop()

    async def _all_up(self) -> bool:
        _, told = await self._clients[0].get("/api/cameras")
        cameras: list[dict[str, Any]] = told["cameras"]
        return len(cameras) == self._cameras and all(c["streams"]["main"]["state"] == "up" for c in cameras)
