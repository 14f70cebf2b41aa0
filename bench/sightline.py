"""The product as a server under test: ``sightline serve`` on a district made for the purpose, an incident opened by the
console's request, tokens, WHEP."""

import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from bench.alarm_loads import OTHER_BUTTON, OTHER_SECRET
from bench.server import Endpoint, NotHere
from gateway.commands.invite import links
from gateway.config_loader import load
from gateway.models import Principal, Role, SiteId
from rig.district import Client
from rig.processes import Process, free_port, until

SITE = "bench"
PANIC, PANIC_SECRET = "bench-panic", "the-secret-of-the-button-of-the-bench"
STARTS_WITHIN = 20.0
DISPATCHERS = 8  # one sign-in may hold 64 pictures open


def write_district(directory: Path, cameras: int, rtsp_port: int) -> Path:
    """A school that is one hall with so many cameras. Gives its configuration."""
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
        self, directory: Path, cameras: int, rtsp_port: int, settings: dict[str, object] | None = None
    ) -> None:
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
        """Where the pages would be."""
        return f"http://localhost:{self._http}"

    @property
    def pids(self) -> tuple[int, ...]:
        """The process to account, with all that it starts."""
        return () if self._process is None else (self._process.process.pid,)

    async def start(self) -> None:
        """Until every camera plays and the incident is open. Raises NotHere for a setting that it does not know."""
        command = [sys.executable, "-m", "gateway", "serve", "--config", str(self._configuration)]
        for key, value in self._settings.items():
            command += ["--set", f"{key}={json.dumps(value)}"]
        self._process = Process(command, self._directory / "gateway.log")
        try:
            self._process.wait_ready()
        except AssertionError as error:
            raise NotHere(str(error)) from error
        people = [Principal(f"d{number}", "D", Role.DISPATCHER) for number in range(DISPATCHERS)]
        people.append(Principal("a", "A", Role.AUDITOR))
        people.append(Principal("c", "C", Role.COORDINATOR, frozenset({SiteId(SITE)})))
        for link in await links(load(self._configuration, self._settings), people, self.url):
            client = Client(self.url)
            self._clients.append(client)
            await client.post("/api/invitations/redeem", {"code": link.rpartition("=")[2]})
        *dispatchers, auditor, coordinator = self._clients
        self.auditor = auditor.session.cookie_jar.filter_cookies(URL(self.url))["sightline"].value
        await coordinator.post("/api/incidents", {"site": SITE, "kind": "real"})
        for dispatcher in dispatchers:
            _, told = await dispatcher.post("/api/tokens", {"site": SITE})
            self._tokens.append(told["token"])
        await until(self._all_up, STARTS_WITHIN, "every camera plays")

    async def endpoint(self, camera: int) -> Endpoint:
        """Where a viewer of the camera offers; dispatchers take turns."""
        self._given += 1
        return Endpoint(f"{self.url}/whep/camera-{camera}", self._tokens[self._given % DISPATCHERS])

    async def counters(self) -> dict[str, float]:
        """What the gateway itself says that it dropped and sent."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        wanted = ("sightline_dropped_total", "sightline_packets_out_total")
        values = (line.rsplit(" ", 1) for line in lines if line.startswith(wanted))
        return {name: float(value) for name, value in values if float(value)}

    async def stop(self) -> None:
        """Close what was opened, and stop the process."""
        for client in self._clients:
            await client.close()
        if self._process is not None:
            self._process.stop()

    async def _all_up(self) -> bool:
        _, told = await self._clients[0].get("/api/cameras")
        cameras: list[dict[str, Any]] = told["cameras"]
        return len(cameras) == self._cameras and all(c["streams"]["main"]["state"] == "up" for c in cameras)
