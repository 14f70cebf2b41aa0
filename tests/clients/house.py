"""The whole gateway in one process, with packets: real routes, real permissions and real media over loopback. Only the
camera is simulated."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from gateway.api.app import build
from gateway.api.services import Services
from gateway.clock import Clock, SystemClock
from gateway.composition import compose
from gateway.config_loader import load
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings
from gateway.incident import Incident, Origin
from gateway.incidents.changes import Trigger
from gateway.media.events import MediaEvents
from gateway.media.node import MediaNode
from gateway.metrics import Metrics
from gateway.models import CameraId, IncidentKind, Principal, Role, SiteId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.storage.database import Database, sqlite_url
from gateway.webrtc.plane import MediaPlane
from gateway.webrtc.session import Session
from rig.example import ENVIRONMENT, ROOT
from tests.clients.film import Camera

CAMERA = CameraId("lincoln-hallway-west")
"""Open only in an incident."""
WALL = Principal("dispatcher-1", "Dispatcher 1", Role.DISPATCHER)


def _media(
    cameras: Sequence[CameraSettings], settings: MediaSettings, events: MediaEvents, clock: Clock, metrics: Metrics
) -> MediaNode[MediaPlane]:
    return MediaNode(cameras, settings, events, clock, metrics, MediaPlane)


@dataclass
class House:
    """A gateway in a real incident, with one camera that is playing. ``url`` is the camera's WHEP address."""

    services: Services
    media: MediaNode[MediaPlane]
    camera: Camera
    incident: Incident
    base: str
    token: str

    @property
    def url(self) -> str:
        return f"{self.base}/whep/{CAMERA}"

    def session(self) -> Session:
        """Return the only media session. Raises ValueError if there are none or several."""
        [view] = self.media.plane.sessions()
        session = self.media.plane.session(view.id)
        assert session is not None
        return session

    def carries(self, bps: float) -> None:
        """Let the gateway find that the viewer's link carries ``bps``."""
        feed = self.session().feed
        assert feed is not None
        feed.link.estimate.found(bps, self.services.clock.monotonic())

    async def all_clear(self) -> None:
        await self.services.incidents.all_clear(self.incident.id, WALL)
        await self.services.viewing.wait_closed()

    async def ends_of_views(self) -> list[str | None]:
        """Return why each view has ended, according to the record."""
        await self.services.viewing.drain()
        return [
            record.event.reason for record in await self.services.audit.read() if record.event.kind == "view_closed"
        ]


@asynccontextmanager
async def playing_house(
    directory: Path, sound: bool = True, host: str = "127.0.0.1", more: Mapping[str, object] | None = None
) -> AsyncIterator[House]:
    """Run a house. ``more`` has further changes to the example district's settings."""
    changes: dict[str, object] = {"media.host": host, "media.port": 0, f"sites.lincoln.cameras.{CAMERA}.audio": sound}
    changes |= more or {}
    loaded = load(ROOT / "config" / "sightline.yaml", changes, ENVIRONMENT)
    clock, database = SystemClock(), Database(sqlite_url(directory / "sightline.db"))
    await database.open()
    parts = await compose(loaded, database, clock, Metrics(), _media)
    services, media = parts.services, parts.media
    app = build(services)
    app.router.add_get("/plain", _plain)
    server = TestServer(app, host=host)
    main, sub = media.streams[CAMERA, StreamName.MAIN], media.streams[CAMERA, StreamName.SUB]
    assert isinstance(main, CameraStream)
    assert isinstance(sub, CameraStream)
    camera = Camera(main, sub, media.sounds.get(CAMERA), clock)
    await media.start()
    await server.start_server()
    running = (services.viewing.run, services.players.run, camera.run)
    tasks = [asyncio.create_task(run(), name="house") for run in running]
    try:
        origin = Origin("webhook", "Panic buttons", room_id="lincoln-room-101")
        trigger = Trigger(site_id=SiteId("lincoln"), kind=IncidentKind.REAL, origin=origin)
        incident = (await services.incidents.triggers.enter(trigger)).incident
        base = str(server.make_url("")).rstrip("/")
        token = await _token(services, base)
        yield House(services, media, camera, incident, base, token)
    finally:
        await server.close()
        services.printer.close()
        await media.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await services.viewing.drain()
        await database.close()


async def _plain(request: web.Request) -> web.Response:
    """Serve a page with a video and nothing else, for browsers whose driver does the rest."""
    return web.Response(text="<!doctype html><video muted autoplay playsinline></video>", content_type="text/html")


async def _token(services: Services, base: str) -> str:
    """Return a token of somebody who is watching, obtained as a page does."""
    code = await services.invitations.create(WALL)
    headers = {"X-Sightline": "1"}
    async with ClientSession(base, cookie_jar=CookieJar(unsafe=True), headers=headers) as page:
        async with page.post("/api/invitations/redeem", json={"code": code}) as answer:
            assert answer.status == 200, await answer.text()
        async with page.post("/api/tokens", json={"site": "lincoln"}) as answer:
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["token"])
