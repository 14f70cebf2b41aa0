"""Provides a whole gateway in one process: real services, a real SQLite file, real routes, no cameras, no packets."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from aiohttp import ClientResponse, ClientWebSocketResponse, CookieJar, hdrs
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web_app import _cached_build_middleware
from sqlalchemy import text

from gateway.api.app import build
from gateway.api.services import Services
from gateway.audit.audit_event import AuditRecord
from gateway.clock import Clock
from gateway.composition import compose
from gateway.config_loader import Loaded, load
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings
from gateway.errors import BadRequest
from gateway.incident import Incident, Origin
from gateway.incidents.changes import Trigger
from gateway.incidents.triggers.signature import sign
from gateway.media.events import MediaEvents
from gateway.media.node import MediaNode
from gateway.metrics import Metrics
from gateway.models import CloseReason, IncidentKind, Principal, Role, SiteId, StreamName
from gateway.storage.database import Database
from gateway.webrtc.interface import EventKind, OpenedSession, OpenSession, PatchAnswer, PatchRequest, SessionEvent
from gateway.webrtc.opening import Sounds, Streams
from gateway.webrtc.signalling.fragment import require_match
from rig.example import ENVIRONMENT, ROOT, SECRET
from tests.databases import database_url
from tests.fakes import FakeClock

LINCOLN, OAK = SiteId("lincoln"), SiteId("oak")
ENTRANCE, HALLWAY, NURSE = (
    "lincoln-main-entrance",
    "lincoln-hallway-west",
    "lincoln-nurse-door",
)  # always, incident, never
BROKEN_OFFER = "broken"

PEOPLE = {
    "dispatcher": Principal("dee", "Dee", Role.DISPATCHER),
    "headquarters": Principal("hugh", "Hugh", Role.HEADQUARTERS),
    "patrol": Principal("pat", "Pat", Role.PATROL),
    "coordinator": Principal("cora", "Cora", Role.COORDINATOR, frozenset({LINCOLN})),
    "oak_coordinator": Principal("otto", "Otto", Role.COORDINATOR, frozenset({OAK})),
    "district_it": Principal("ida", "Ida", Role.DISTRICT_IT),
    "auditor": Principal("aude", "Aude", Role.AUDITOR),
}


@cache
def example() -> Loaded:
    """Return the example district."""
    return load(ROOT / "config" / "sightline.yaml", {"storage.spool_size": 64 * 1024}, ENVIRONMENT)


@dataclass
class FakePlane:
    """Opens, renews and closes sessions as requested, and lets a test decide what happens to a session.

    Every ``open`` waits until ``gate`` is set.
    """

    settings: MediaSettings
    streams: Streams
    clock: Clock
    metrics: Metrics
    sounds: Sounds
    opened: list[OpenSession] = field(default_factory=list)
    renewed: list[tuple[str, float]] = field(default_factory=list)
    patched: list[tuple[str, PatchRequest]] = field(default_factory=list)
    closed: list[tuple[str, CloseReason]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._living: set[str] = set()
        self._observers: list[Any] = []
        self.gate.set()

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def open(self, request: OpenSession) -> OpenedSession:
        self.waiting.set()
        await self.gate.wait()
        if request.offer == BROKEN_OFFER:
            raise BadRequest("bad_offer", "The offer has no video.")
        self.opened.append(request)
        session_id = f"session-{len(self.opened)}"
        self._living.add(session_id)
        return OpenedSession(session_id, "v=0\r\n", request.stream or StreamName.MAIN, "etag")

    async def renew(self, session_id: str, ends_at: float) -> bool:
        if session_id in self._living:
            self.renewed.append((session_id, ends_at))
        return session_id in self._living

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        self.patched.append((session_id, request))
        require_match(request.if_match, "etag")
        return PatchAnswer(None if "same" in request.fragment else "a=ice-lite\r\n", "another")

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        if session_id not in self._living:
            return False
        self._living.remove(session_id)
        self.closed.append((session_id, reason))
        self._tell(self._event("closed", session_id, packets=42, reason=reason))
        return True

    def observe(self, callback: Any) -> None:
        self._observers.append(callback)

    def connected(self, session_id: str) -> None:
        self._tell(self._event("connected", session_id, packets=0))

    def first_packet(self, session_id: str) -> None:
        self._tell(self._event("first_packet", session_id, packets=1))

    def switched(self, session_id: str, stream: StreamName, waiting: str = "", shift: int = 0) -> None:
        event = self._event("stream", session_id, packets=1)
        self._tell(replace(event, stream=stream, waiting=waiting, shift=shift))

    def _event(self, kind: EventKind, session_id: str, packets: int, reason: CloseReason | None = None) -> SessionEvent:
        now = self.clock.monotonic()
        return SessionEvent(kind, session_id, reason, now, packets, 100 * packets, StreamName.MAIN)

    def _tell(self, event: SessionEvent) -> None:
        for callback in self._observers:
            callback(event)


def silent_media(
    cameras: Sequence[CameraSettings], settings: MediaSettings, events: MediaEvents, clock: Clock, metrics: Metrics
) -> MediaNode[FakePlane]:
    """Return a gateway's media plane, with no cameras being pulled and no packets."""
    return MediaNode(cameras, settings, events, clock, metrics, FakePlane)


@dataclass(frozen=True)
class Answer:
    """Holds a response that has been read to its end."""

    status: int
    body: bytes
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self, status: int) -> str:
        """Return the code of an error, which must have the shape of RFC 9457."""
        assert self.status == status, self
        assert self.headers[hdrs.CONTENT_TYPE].startswith("application/problem+json"), self
        document = self.json
        assert set(document) == {"type", "title", "status", "code", "detail"}, document
        assert document["type"] == "about:blank"
        assert document["status"] == status
        assert document["title"]
        assert document["code"] == document["code"].lower()
        assert " " in document["detail"], "a sentence for a person"
        assert (status == 401) == (hdrs.WWW_AUTHENTICATE in self.headers)
        return str(document["code"])


class Person:
    """Represents a browser that uses the gateway, signed in or not."""

    def __init__(self, house: "House", client: "TestClient[Any, Any]") -> None:
        self.house = house
        self.client = client

    async def request(self, method: str, path: str, **how: Any) -> Answer:
        response: ClientResponse = await self.client.request(method, path, **how)
        return Answer(response.status, await response.read(), response.headers)

    def cookie(self) -> str:
        """Return the value of the sign-in cookie."""
        return str(self.client.session.cookie_jar.filter_cookies(self.client.make_url("/"))["sightline"].value)

    async def get(self, path: str, **how: Any) -> Answer:
        return await self.request("GET", path, **how)

    async def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return await self.request("POST", path, json=body, headers={"X-Sightline": "1"} | headers)

    async def token(self, site: str = LINCOLN) -> str:
        answer = await self.post("/api/tokens", {"site": site})
        assert answer.status == 200, answer.body
        return str(answer.json["token"])

    async def offer(self, camera: str, token: str, stream: str = "main", sdp: str = "v=0\r\n") -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        return await self.request("POST", f"/whep/{camera}?stream={stream}", data=sdp.encode(), headers=headers)

    async def watch(self, camera: str, site: str = LINCOLN) -> tuple[str, str]:
        """Open a picture. Return its public id and its WHEP resource."""
        answer = await self.offer(camera, await self.token(site))
        assert answer.status == 201, answer.body
        return answer.headers["X-Sightline-Session"], answer.headers["Location"]

    async def events(self, **headers: str) -> "Channel":
        return Channel(await self.client.ws_connect("/api/events", headers=headers))


class Channel:
    """Represents a page's end of the event channel."""

    def __init__(self, socket: "ClientWebSocketResponse[Any]") -> None:
        self.socket = socket

    async def resume(self, epoch: str | None = None, seq: int = 0) -> Any:
        """Send the first message. Return the server's hello."""
        await self.say({"type": "resume", "epoch": epoch, "seq": seq})
        hello = await self.next()
        assert hello["type"] == "hello"
        return hello

    async def say(self, message: object) -> None:
        await self.socket.send_json(message)

    async def next(self) -> Any:
        return await self.socket.receive_json(timeout=5)

    async def next_of(self, kind: str) -> Any:
        """Return the next message of this type, skipping others before it."""
        while (message := await self.next())["type"] != kind:
            pass
        return message

    async def up_to_now(self) -> list[Any]:
        """Return everything that has been sent so far. The answer to a ping comes after all of it."""
        await self.say({"type": "ping", "t0": 1})
        heard = []
        while (message := await self.next())["type"] != "pong":
            heard.append(message)
        return heard

    async def closed(self) -> int | None:
        """Wait until the server closes, and return its close code. Skip all messages before."""
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code


class House:
    """Holds the running gateway."""

    def __init__(self, directory: Path, loaded: Loaded | None = None, clock: FakeClock | None = None) -> None:
        self.loaded = loaded or example()
        self.clock = clock or FakeClock()
        self.metrics = Metrics()
        self.database = Database(database_url(directory))
        self._clients: list[TestClient[Any, Any]] = []

    async def __aenter__(self) -> Self:
        await self.database.open()
        parts = await compose(self.loaded, self.database, self.clock, self.metrics, silent_media)
        self.services: Services = parts.services
        self.media = parts.media
        self.plane = parts.media.plane
        self.newsroom = parts.newsroom
        self._viewing = asyncio.create_task(self.services.viewing.run(), name="viewing")
        self.app = build(self.services)
        self.server = TestServer(self.app)
        await self.server.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            await client.close()
        await self.server.close()
        self.services.printer.close()
        await self.stop_viewing()
        await self.services.viewing.drain()
        await self.database.close()
        # aiohttp would keep this gateway, and a thousand others, until the end of all tests.
        _cached_build_middleware.cache_clear()

    async def stranger(self) -> Person:
        client: TestClient[Any, Any] = TestClient(self.server, cookie_jar=CookieJar(unsafe=True))
        self._clients.append(client)
        return Person(self, client)

    async def sign_in(self, who: str) -> Person:
        person = await self.stranger()
        code = await self.services.invitations.create(PEOPLE[who])
        answer = await person.post("/api/invitations/redeem", {"code": code})
        assert answer.status == 200, answer.body
        return person

    async def lock_down(
        self, site: SiteId = LINCOLN, kind: IncidentKind = IncidentKind.REAL, *enrolled: str
    ) -> Incident:
        origin = Origin("webhook", "Panic buttons", room_id="lincoln-room-101" if site == LINCOLN else None)
        trigger = Trigger(site_id=site, kind=kind, origin=origin, enrolled=frozenset(enrolled))
        return (await self.services.incidents.triggers.enter(trigger)).incident

    async def all_clear(self, incident: Incident) -> None:
        await self.services.incidents.all_clear(incident.id, PEOPLE["headquarters"])

    async def records(self, kind: str) -> list[AuditRecord]:
        await self.services.viewing.drain()
        return [record for record in await self.services.audit.read() if record.event.kind == kind]

    def signed(self, body: bytes, message_id: str = "msg_1") -> dict[str, str]:
        """Return the headers of a panic button's message."""
        timestamp = str(int(self.clock.now()))
        signature = sign(SECRET, message_id, timestamp, body)
        return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}

    def value(self, name: str, **labels: str) -> float:
        """Return the value of a metric."""
        return self.metrics.registry.get_sample_value(f"sightline_{name}", labels) or 0.0

    async def stop_viewing(self) -> None:
        """Stop the task that carries out what viewing has requested."""
        self._viewing.cancel()
        await asyncio.gather(self._viewing, return_exceptions=True)

    async def break_storage(self) -> None:
        """Make every statement about sign-ins fail."""
        async with self.database.session() as session:
            await session.execute(text("ALTER TABLE sign_in_sessions RENAME TO gone"))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path) as running:
        yield running
