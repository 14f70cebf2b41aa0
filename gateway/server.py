"""Composition root: builds every service once and owns the one root TaskGroup. No other module builds services."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from gateway import files
from gateway.access.grants import Grants
from gateway.access.service import AccessService
from gateway.api.admission.connection import KEEP_ALIVE
from gateway.api.admission.connections import ConnectionPlaces
from gateway.api.admission.doors import Doors
from gateway.api.admission.limits import Limits
from gateway.api.admission.throttle import whose
from gateway.api.app import build
from gateway.api.hub import EventHub
from gateway.api.news import Newsroom
from gateway.api.pictures import Pictures
from gateway.api.places import Places
from gateway.api.services import Services
from gateway.audit.clock_steps import ClockSteps
from gateway.audit.log import AuditLog
from gateway.auth.invitations import Invitations
from gateway.auth.keys import KeyStore
from gateway.auth.revocations import Revocations
from gateway.auth.sessions import SignInSessions
from gateway.auth.tokens import TokenService
from gateway.clock import Clock, SystemClock
from gateway.config_loader import Loaded
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.settings import HttpSettings, Settings
from gateway.configuration.site_settings import CameraSettings
from gateway.errors import ConfigurationError
from gateway.floorplan.words import place_words
from gateway.incidents.service import IncidentService
from gateway.incidents.threat import Where
from gateway.incidents.triggers.console import ConsoleTrigger
from gateway.incidents.triggers.forgetting import forget_for_ever
from gateway.incidents.triggers.webhook import WebhookTrigger
from gateway.media.events import MediaEvents
from gateway.media.interface import Media
from gateway.media.node import MediaNode
from gateway.media.nodes import MediaNodes
from gateway.media.process import worker_process
from gateway.media.remote import RemoteNode
from gateway.media.shards import settings_of, shards
from gateway.metrics import Metrics
from gateway.models import CameraId, CameraPolicy, Origin, SiteId
from gateway.storage.database import Database, sqlite_url
from gateway.storage.presence import Presence
from gateway.storage.readiness import Readiness
from gateway.storage.steady import SteadyTime
from gateway.unowned import UnownedFailures
from gateway.viewing.service import ViewingService
from gateway.viewing.sign_ins import SignInKeeper
from gateway.webrtc.plane import MediaPlane

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=Media)


class Gateway:
    """One gateway, built from a loaded configuration. ``serve`` runs it until it is told to stop."""

    def __init__(self, loaded: Loaded, clock: Clock | None = None) -> None:
        self.loaded = loaded
        self.settings: Settings = loaded.settings
        self._steady = None if clock else SteadyTime(loaded.settings.storage.directory / "time.json")
        self.clock = clock or SystemClock()
        self.metrics = Metrics()
        self.port = self.alarm_port = 0

    async def serve(self, stop: asyncio.Event, ready: Callable[[str], object] = lambda _url: None) -> None:
        """Run until ``stop`` is set. Call ``ready`` with the public URL once people can sign in.

        If a core service fails, this call ends with its error. systemd or compose then starts the process again, and
        everything resumes from disk.
        """
        if self._steady is not None:
            self.clock = self._steady.clock()
        asyncio.get_running_loop().set_exception_handler(UnownedFailures(self.clock, self.metrics).tell)
        database = Database(storage_url(self.settings), self.settings.storage.directory / "reserve.bin")
        database.owed.on_dropped = self.metrics.dropped.labels("owed_additions").inc
        await database.open()
        try:
            await self._serve(database, stop, ready)
        finally:
            await database.close()

    async def _serve(self, database: Database, stop: asyncio.Event, ready: Callable[[str], object]) -> None:
        parts = await compose(self.loaded, database, self.clock, self.metrics, media_of)
        media, viewing = parts.media, parts.services.viewing
        runner = web.AppRunner(
            build(parts.services), access_log=None, shutdown_timeout=2.0, keepalive_timeout=KEEP_ALIVE
        )
        await runner.setup()
        doors = self._doors(runner, parts.services)
        presence = Presence(self.settings.storage.directory, lambda: parts.services.sign_ins.looked_at)
        accepting: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(media.run(), name="media"),
                group.create_task(parts.services.incidents.run(), name="incidents"),
                group.create_task(parts.newsroom.run(), name="news"),
                group.create_task(parts.services.clock_steps.run(), name="clock steps"),
                group.create_task(viewing.run(), name="viewing"),
                group.create_task(forget_for_ever(database, self.clock), name="old answers to triggers"),
                group.create_task(parts.services.sign_ins.run(), name="sign-ins"),
                group.create_task(presence.run(self.clock), name="presence"),
                group.create_task(parts.services.audit.run(), name="records"),
                group.create_task(database.owed.run(self.clock), name="owed to the database"),
            ]
            if self._steady is not None:
                tasks.append(group.create_task(self._steady.run(self.clock), name="steady time"))
            try:
                await media.start()
                await self._listen(doors)
                accepting += [group.create_task(door.run(), name="http") for door in doors]
                ready(public_url(self.settings.http, self.port))
                await stop.wait()
            finally:
                for task in accepting:
                    task.cancel()
                await asyncio.gather(*accepting, return_exceptions=True)
                for door in doors:
                    door.close()
                await runner.cleanup()
                await media.stop()
                await viewing.drain()
                await parts.services.audit.finish()
                for task in tasks:
                    task.cancel()

    def _doors(self, runner: web.AppRunner, services: Services) -> list[Doors]:
        """Return the door for pages and, if a port is configured, a separate door for panic buttons, which visitors of
        pages cannot fill."""
        http = self.settings.http
        most = files.http_connections(files.raise_limit(), sum(len(site.cameras) for site in self.settings.sites))
        told = whose(services)
        doors = [Doors(runner, ConnectionPlaces(most), http.trusted_proxies, self.clock, self.metrics, whose=told)]
        if http.alarm_port is not None:
            places = ConnectionPlaces(max(files.FEWEST_HTTP, most // 8))
            doors.append(
                Doors(runner, places, http.trusted_proxies, self.clock, self.metrics, whose=told, alarms_only=True)
            )
        logger.info("at most %d HTTP connections at a time", most)
        return doors

    async def _listen(self, doors: Sequence[Doors]) -> None:
        http = self.settings.http
        context = tls_context(http)
        for door in doors:
            key, port = ("http.alarm_port", http.alarm_port) if door.alarms_only else ("http.port", http.port)
            try:
                got = await door.listen(http.host, port or 0, context)
            except OSError as error:
                raise ConfigurationError([f"{key}: {http.host}:{port} cannot be used: {error.strerror}"]) from None
            if door.alarms_only:
                self.alarm_port = got
            else:
                self.port = got


@dataclass(frozen=True, slots=True)
class Parts(Generic[M]):
    """The result of ``compose``: the services that routes use, and the parts that must be run."""

    services: Services
    media: M
    newsroom: Newsroom


async def compose(
    loaded: Loaded,
    database: Database,
    clock: Clock,
    metrics: Metrics,
    media_of: Callable[[Sequence[CameraSettings], MediaSettings, MediaEvents, Clock, Metrics], M],
) -> Parts[M]:
    """Build every service on an open database, load its state from disk, and connect the services. Run nothing yet.

    ``media_of`` builds the media plane. It is the function of that name, except in tests that send no packets.
    """
    settings = loaded.settings
    storage = settings.storage
    spool = storage.spool or storage.directory / "audit-spool.jsonl" if storage.url else storage.spool
    audit = AuditLog(database, clock, metrics, spool, storage.spool_size)
    keys = KeyStore(database, clock)
    tokens = TokenService(keys, settings.tokens, settings.http.public_url, clock)
    sessions = SignInSessions(database, settings.tokens, clock)
    revocations = Revocations(database, clock)
    incidents = IncidentService(database, settings.incidents, clock, metrics, audit, where_of(loaded))
    rooms = {site: frozenset(room.id for room in plan.rooms) for site, plan in loaded.plans.items()}
    webhooks = WebhookTrigger(database, incidents.triggers, settings.sites, clock, metrics, audit, rooms)
    access = AccessService(incidents, settings, clock, metrics, audit)
    barred_for = settings.tokens.session_lifetime
    grants = Grants(database, access, incidents, barred_for, clock, metrics, audit)
    await database.owed.start()
    metrics.owed_changes.set_function(lambda: database.owed.count)
    await audit.start()
    await keys.start()
    await revocations.start()
    await incidents.start()
    await grants.start()

    reached = {camera.id: camera for site in settings.sites for camera in site.cameras}
    pulled = [reached[camera.id] for camera in access.cameras() if camera.policy is not CameraPolicy.NEVER]
    media = media_of(pulled, settings.media, MediaEvents(metrics), clock, metrics)
    viewing = ViewingService(media, access, grants, incidents, tokens, sessions, revocations, audit, clock, metrics)
    sign_ins = SignInKeeper(sessions, incidents, access, grants, viewing, audit, settings.tokens, clock, metrics)
    await sign_ins.start()
    services = Services(
        loaded=loaded,
        clock=clock,
        clock_steps=ClockSteps(clock, audit, metrics),
        metrics=metrics,
        audit=audit,
        incidents=incidents,
        webhooks=webhooks,
        console=ConsoleTrigger(database, incidents, clock),
        places=Places(loaded.plans, access.cameras_of),
        access=access,
        grants=grants,
        tokens=tokens,
        sessions=sessions,
        sign_ins=sign_ins,
        readiness=Readiness(database, clock),
        invitations=Invitations(database, settings.tokens, clock),
        viewing=viewing,
        hub=EventHub(metrics),
        pictures=Pictures(media, clock, settings.age),
        limits=Limits({webhook.id for site in settings.sites for webhook in site.webhooks}, await sessions.cookies()),
    )
    newsroom = Newsroom(services)
    newsroom.start()
    return Parts(services, media, newsroom)


def where_of(loaded: Loaded) -> Where:
    """Return the function that names a school and a place in it, for the threat that an incident records."""
    names = {site.id: site.name for site in loaded.settings.sites}

    def where(site_id: SiteId, origin: Origin) -> str:
        place = place_words(loaded.plans[site_id], origin.room_id, origin.place)
        return ", ".join(part for part in (names[site_id], place) if part)

    return where


def media_of(
    cameras: Sequence[CameraSettings], settings: MediaSettings, events: MediaEvents, clock: Clock, metrics: Metrics
) -> Media:
    """Return the media plane for ``cameras``: in this process, or dealt to ``media.workers``. Raises
    ConfigurationError."""
    if settings.workers == 1:
        return MediaNode(cameras, settings, events, clock, metrics, MediaPlane)
    nodes = []
    for number, shard in enumerate(shards(cameras, settings.workers)):
        try:
            own = settings_of(settings, number)
        except ValueError as error:
            raise ConfigurationError([f"media.advertise: {error}"]) from None
        node = RemoteNode(f"worker {number + 1}", shard, own, events, clock, metrics, worker_process)
        nodes.append((node, [CameraId(camera.id) for camera in shard]))
    return MediaNodes(nodes, events)


def storage_url(settings: Settings) -> str:
    """Return the URL of the SQLite file, by default in the storage directory, which is created if missing.

    Raises ConfigurationError.
    """
    if settings.storage.url is not None:
        return settings.storage.url.get_secret_value()
    directory = settings.storage.directory
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError([f"storage.directory: {directory} cannot be made: {error.strerror}"]) from None
    return sqlite_url(directory / "sightline.db")


def public_url(http: HttpSettings, port: int) -> str:
    """Return ``public_url``. If the system chose the port (0 in the settings), return a URL with that port instead."""
    if http.port:
        return http.public_url
    return f"{'https' if http.tls_certificate else 'http'}://localhost:{port}"


def tls_context(http: HttpSettings) -> ssl.SSLContext | None:
    """Return the server's TLS context, or None without a certificate. Raises ConfigurationError if the files are
    unusable."""
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
