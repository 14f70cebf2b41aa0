"""Composition root: builds every service once and owns the one root TaskGroup. Nothing else builds services."""

import asyncio
import functools
import logging
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web

from gateway.access.service import AccessService
from gateway.api import arrival
from gateway.api.app import build
from gateway.api.hub import EventHub
from gateway.api.news import Newsroom
from gateway.api.pictures import Pictures, StreamKey
from gateway.api.services import Services
from gateway.audit.log import AuditLog
from gateway.auth.invitations import Invitations
from gateway.auth.keys import KeyStore
from gateway.auth.revocations import Revocations
from gateway.auth.sessions import SignInSessions
from gateway.auth.tokens import TokenService
from gateway.clock import Clock, SystemClock
from gateway.config_loader import Loaded
from gateway.errors import ConfigurationError
from gateway.incidents.service import IncidentService
from gateway.incidents.triggers.webhook import WebhookTrigger
from gateway.metrics import Metrics
from gateway.models import CameraId, CameraPolicy, StreamName
from gateway.relay.stream import RelayStream
from gateway.settings import CameraSettings, HttpSettings, MediaSettings, Settings
from gateway.sources.health import PictureHealth
from gateway.sources.media import AccessUnit
from gateway.sources.supervisor import Source, SourceSupervisor
from gateway.storage.database import Database
from gateway.viewing.service import Plane, ViewingService
from gateway.webrtc.plane import MediaPlane

logger = logging.getLogger(__name__)

P = TypeVar("P", bound=Plane)


class Gateway:
    """One gateway, built from a loaded configuration; ``serve`` runs it until told to stop."""

    def __init__(self, loaded: Loaded, clock: Clock | None = None) -> None:
        self.loaded = loaded
        self.settings: Settings = loaded.settings
        self.clock = clock or SystemClock()
        self.metrics = Metrics()
        self.port = 0

    async def serve(self, stop: asyncio.Event, ready: Callable[[str], object] = lambda _url: None) -> None:
        """Run until ``stop``; call ``ready`` with the public URL once people can sign in.

        A failure of a core service ends this call with its error: systemd or compose starts the process again, and
        everything resumes from disk.
        """
        asyncio.get_running_loop().set_exception_handler(self._unowned)
        database = Database(storage_url(self.settings))
        await database.open()
        try:
            await self._serve(database, stop, ready)
        finally:
            await database.close()

    async def _serve(self, database: Database, stop: asyncio.Event, ready: Callable[[str], object]) -> None:
        parts = await compose(self.loaded, database, self.clock, self.metrics, MediaPlane)
        plane, viewing = parts.plane, parts.services.viewing
        runner = web.AppRunner(
            build(parts.services), access_log=None, shutdown_timeout=2.0, keepalive_timeout=arrival.KEEP_ALIVE
        )
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(parts.sources.run(), name="sources"),
                group.create_task(parts.health.run(), name="health"),
                group.create_task(parts.services.incidents.run(), name="incidents"),
                group.create_task(viewing.run(), name="viewing"),
                group.create_task(arrival.close_silent(runner, self.clock), name="http: silent connections"),
            ]
            try:
                await self._start(plane)
                await self._listen(runner)
                ready(public_url(self.settings.http, self.port))
                await stop.wait()
            finally:
                await runner.cleanup()
                await plane.stop()
                await viewing.drain()
                for task in tasks:
                    task.cancel()

    async def _start(self, plane: MediaPlane) -> None:
        media = self.settings.media
        try:
            await plane.start()
        except OSError as error:
            raise ConfigurationError(
                [f"media.port: {media.host}:{media.port} (UDP) cannot be used: {error.strerror}"]
            ) from None

    async def _listen(self, runner: web.AppRunner) -> None:
        http = self.settings.http
        context = tls_context(http)
        await runner.setup()
        site = web.TCPSite(runner, http.host, http.port, ssl_context=context)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError([f"http.port: {http.host}:{http.port} cannot be used: {error.strerror}"]) from None
        self.port = runner.addresses[0][1]

    def _unowned(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Failures outside our TaskGroup: reader callbacks and other libraries' own tasks."""
        self.metrics.task_failures.labels("unowned").inc()
        logger.error("unowned failure: %s", context.get("message"), exc_info=context.get("exception"))


@dataclass(frozen=True, slots=True)
class Parts(Generic[P]):
    """What ``compose`` has built: what the routes use, and what has to be run."""

    services: Services
    plane: P
    sources: SourceSupervisor
    health: PictureHealth


Streams = Callable[[CameraId, StreamName], RelayStream | None]


async def compose(
    loaded: Loaded,
    database: Database,
    clock: Clock,
    metrics: Metrics,
    plane_of: Callable[[MediaSettings, Streams, Clock, Metrics], P],
) -> Parts[P]:
    """Build every service on an open database, load what is on disk, and connect them. Nothing runs yet.

    ``plane_of`` makes the media plane: ``MediaPlane``, but in tests that send no packets.
    """
    settings = loaded.settings
    audit = AuditLog(database, clock, metrics)
    keys = KeyStore(database, clock)
    tokens = TokenService(keys, settings.tokens, settings.http.public_url, clock)
    sessions = SignInSessions(database, settings.tokens, clock)
    revocations = Revocations(database, clock)
    incidents = IncidentService(database, settings.incidents, clock, metrics, audit)
    rooms = {site: frozenset(room.id for room in plan.rooms) for site, plan in loaded.plans.items()}
    webhooks = WebhookTrigger(database, incidents, settings.sites, clock, metrics, audit, rooms)
    access = AccessService(database, incidents, settings, clock, metrics, audit)
    await audit.start()
    await keys.start()
    await revocations.start()
    await incidents.start()
    await access.start()

    reached = {camera.id: camera for site in settings.sites for camera in site.cameras}
    pulled = [reached[camera.id] for camera in access.cameras() if camera.policy is not CameraPolicy.NEVER]
    streams = dict(relay_streams(pulled, clock, metrics))
    # The newsroom needs all services and health is one of them: it is looked up when a picture changes.
    health = PictureHealth(clock, metrics, lambda camera, since: news.picture(camera, since))  # noqa: PLW0108
    plane = plane_of(settings.media, lambda camera, name: streams.get((camera, name)), clock, metrics)
    sources: dict[StreamKey, Source] = {}
    services = Services(
        loaded=loaded,
        clock=clock,
        metrics=metrics,
        audit=audit,
        incidents=incidents,
        webhooks=webhooks,
        access=access,
        tokens=tokens,
        sessions=sessions,
        invitations=Invitations(database, settings.tokens, clock),
        viewing=ViewingService(plane, access, incidents, tokens, sessions, revocations, audit, clock, metrics),
        hub=EventHub(metrics),
        pictures=Pictures(streams, lambda key: sources[key].status(), health, clock),
    )
    news = Newsroom(services)
    for key, stream in streams.items():
        sources[key] = source_of(reached[key[0]], key, stream, news, clock, metrics)
    look_at(streams, health)
    news.start()
    return Parts(services, plane, SourceSupervisor(sources.values(), clock, metrics), health)


def relay_streams(
    cameras: Iterable[CameraSettings], clock: Clock, metrics: Metrics
) -> Iterator[tuple[StreamKey, RelayStream]]:
    """A relay stream for each stream of each camera."""
    for camera in cameras:
        for name in [StreamName.MAIN, StreamName.SUB] if camera.sub else [StreamName.MAIN]:
            key = (CameraId(camera.id), name)
            yield key, RelayStream(*key, clock, metrics, clock_trusted=camera.clock == "trusted")


def source_of(
    camera: CameraSettings, key: StreamKey, stream: RelayStream, news: Newsroom, clock: Clock, metrics: Metrics
) -> Source:
    """The pull that feeds a relay stream."""
    reached = camera.sub if key[1] is StreamName.SUB and camera.sub is not None else camera.main
    password = camera.password.get_secret_value() if camera.password else None
    return Source(*key, reached.url, camera.username, password, stream, clock, metrics, news.source)


def look_at(streams: Mapping[StreamKey, RelayStream], health: PictureHealth) -> None:
    """Picture health looks at the main stream: in a substream of few bits a still scene differs by its coding alone."""
    for camera in {camera for camera, _ in streams}:
        stream = streams[camera, StreamName.MAIN]
        stream.on_keyframe(functools.partial(feed, health, camera, stream))


def feed(health: PictureHealth, camera: CameraId, stream: RelayStream, unit: AccessUnit) -> None:
    """Hand a keyframe to picture health, dated as well as is known."""
    point = stream.timeline()
    health.feed(camera, unit, unit.arrival if point is None else point.capture)


def storage_url(settings: Settings) -> str:
    """The database's SQLAlchemy URL; by default one SQLite file in the storage directory, which is made if missing.
    Raises ConfigurationError."""
    if settings.storage.url is not None:
        return settings.storage.url.get_secret_value()
    directory = settings.storage.directory
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError([f"storage.directory: {directory} cannot be made: {error.strerror}"]) from None
    return f"sqlite+aiosqlite:///{directory / 'sightline.db'}"


def public_url(http: HttpSettings, port: int) -> str:
    """``public_url``; where the port was left to the system (0), with the one that it gave."""
    if http.port:
        return http.public_url
    return f"{'https' if http.tls_certificate else 'http'}://localhost:{port}"


def tls_context(http: HttpSettings) -> ssl.SSLContext | None:
    """The server's TLS, if it has a certificate. Raises ConfigurationError for files that are none."""
    if http.tls_certificate is None or http.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(http.tls_certificate, http.tls_key)
    except OSError as error:
        files = f"{http.tls_certificate} and {http.tls_key}"
        raise ConfigurationError(
            [f"http.tls_certificate, http.tls_key: {files} cannot be used: {error.strerror or error}"]
        ) from None
    return context
