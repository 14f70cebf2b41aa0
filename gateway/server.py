"""Composition root: builds every service once and owns the one root TaskGroup. Nothing else builds services."""

import asyncio
import functools
import logging
import ssl
from collections.abc import Callable
from typing import Any

from aiohttp import web

from gateway.access.service import AccessService
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
from gateway.models import CameraId, StreamName
from gateway.relay.stream import RelayStream
from gateway.settings import CameraSettings, HttpSettings, Settings
from gateway.sources.health import PictureHealth
from gateway.sources.media import AccessUnit
from gateway.sources.supervisor import Source, SourceSupervisor
from gateway.storage.database import Database
from gateway.viewing.service import ViewingService
from gateway.webrtc.plane import MediaPlane

logger = logging.getLogger(__name__)


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
        settings, clock, metrics = self.settings, self.clock, self.metrics
        audit = AuditLog(database, clock, metrics)
        keys = KeyStore(database, clock)
        tokens = TokenService(keys, settings.tokens, settings.http.public_url, clock)
        sessions = SignInSessions(database, settings.tokens, clock)
        revocations = Revocations(database, clock)
        incidents = IncidentService(database, settings.incidents, clock, metrics, audit)
        rooms = {site: frozenset(room.id for room in plan.rooms) for site, plan in self.loaded.plans.items()}
        webhooks = WebhookTrigger(database, incidents, settings.sites, clock, metrics, audit, rooms)
        access = AccessService(database, incidents, settings, clock, metrics, audit)
        await audit.start()
        await keys.start()
        await revocations.start()
        await incidents.start()
        await access.start()

        pulled = [camera for camera in access.cameras() if camera.policy != "never"]
        reached = {camera.id: camera for site in settings.sites for camera in site.cameras}
        streams = self._streams([reached[camera.id] for camera in pulled])
        # The newsroom needs all services and health is one of them: it is looked up when a picture changes.
        health = PictureHealth(clock, metrics, lambda camera, since: news.picture(camera, since))  # noqa: PLW0108
        plane = MediaPlane(settings.media, lambda camera, name: streams.get((camera, name)), clock, metrics)
        viewing = ViewingService(plane, access, incidents, tokens, sessions, revocations, audit, clock, metrics)
        sources: dict[StreamKey, Source] = {}
        services = Services(
            loaded=self.loaded,
            clock=clock,
            metrics=metrics,
            audit=audit,
            incidents=incidents,
            webhooks=webhooks,
            access=access,
            tokens=tokens,
            sessions=sessions,
            invitations=Invitations(database, settings.tokens, clock),
            viewing=viewing,
            hub=EventHub(metrics),
            pictures=Pictures(streams, lambda key: sources[key].status(), health, clock),
        )
        news = Newsroom(services)
        for key, stream in streams.items():
            sources[key] = self._source(reached[key[0]], key, stream, news)
        self._look_at(streams, health)
        news.start()

        runner = web.AppRunner(build(services), access_log=None, shutdown_timeout=2.0)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(SourceSupervisor(sources.values(), clock, metrics).run(), name="sources"),
                group.create_task(health.run(), name="health"),
                group.create_task(incidents.run(), name="incidents"),
                group.create_task(viewing.run(), name="viewing"),
            ]
            try:
                await plane.start()
                await self._listen(runner)
                ready(public_url(settings.http, self.port))
                await stop.wait()
            finally:
                await runner.cleanup()
                await plane.stop()
                await viewing.drain()
                for task in tasks:
                    task.cancel()

    def _streams(self, cameras: list[CameraSettings]) -> dict[StreamKey, RelayStream]:
        found: dict[StreamKey, RelayStream] = {}
        for camera in cameras:
            trusted = camera.clock == "trusted"
            for name in [StreamName.MAIN, StreamName.SUB] if camera.sub else [StreamName.MAIN]:
                key = (CameraId(camera.id), name)
                found[key] = RelayStream(*key, self.clock, self.metrics, clock_trusted=trusted)
        return found

    def _source(self, camera: CameraSettings, key: StreamKey, stream: RelayStream, news: Newsroom) -> Source:
        reached = camera.sub if key[1] is StreamName.SUB and camera.sub is not None else camera.main
        return Source(
            key[0],
            key[1],
            reached.url,
            camera.username,
            camera.password.get_secret_value() if camera.password else None,
            stream,
            self.clock,
            self.metrics,
            news.source,
        )

    def _look_at(self, streams: dict[StreamKey, RelayStream], health: PictureHealth) -> None:
        """Picture health looks at the smaller stream: the same scene for less decoding."""
        for camera in {camera for camera, _ in streams}:
            stream = streams.get((camera, StreamName.SUB)) or streams[camera, StreamName.MAIN]
            stream.on_keyframe(functools.partial(feed, health, camera, stream))

    async def _listen(self, runner: web.AppRunner) -> None:
        http = self.settings.http
        await runner.setup()
        site = web.TCPSite(runner, http.host, http.port, ssl_context=tls_context(http))
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError([f"http.port: {http.host}:{http.port} cannot be used: {error.strerror}"]) from None
        self.port = runner.addresses[0][1]

    def _unowned(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Failures outside our TaskGroup: reader callbacks and other libraries' own tasks."""
        self.metrics.task_failures.labels("unowned").inc()
        logger.error("unowned failure: %s", context.get("message"), exc_info=context.get("exception"))


def feed(health: PictureHealth, camera: CameraId, stream: RelayStream, unit: AccessUnit) -> None:
    """Hand a keyframe to picture health, dated as well as is known."""
    point = stream.timeline()
    health.feed(camera, unit, unit.arrival if point is None else point.capture)


def storage_url(settings: Settings) -> str:
    """The database's SQLAlchemy URL; by default one SQLite file in the storage directory, which is made if missing."""
    if settings.storage.url is not None:
        return settings.storage.url.get_secret_value()
    settings.storage.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite+aiosqlite:///{settings.storage.directory / 'sightline.db'}"


def public_url(http: HttpSettings, port: int) -> str:
    """``public_url``; where the port was left to the system (0), with the one that it gave."""
    return http.public_url if http.port else f"http://localhost:{port}"


def tls_context(http: HttpSettings) -> ssl.SSLContext | None:
    """The server's TLS, if it has a certificate."""
    if http.tls_certificate is None or http.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(http.tls_certificate, http.tls_key)
    return context
