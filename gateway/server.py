"""Runs one gateway: owns the root TaskGroup, opens the HTTP ports, and starts and stops everything in order."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from aiohttp import web

from gateway.api.admission.connection import KEEP_ALIVE
from gateway.api.admission.connections import ConnectionPlaces
from gateway.api.admission.doors import Doors
from gateway.api.admission.throttle import whose
from gateway.api.app import build
from gateway.api.services import Services
from gateway.clock import Clock, SystemClock
from gateway.composition import compose, media_of
from gateway.config_loader import Loaded
from gateway.configuration.settings import HttpSettings, Settings
from gateway.errors import ConfigurationError
from gateway.incidents.triggers.forgetting import forget_for_ever
from gateway.metrics import Metrics
from gateway.process import files
from gateway.process.unowned import UnownedFailures
from gateway.storage.database import Database
from gateway.storage.location import storage_url
from gateway.storage.presence import Presence
from gateway.storage.steady import SteadyTime
from gateway.tls import tls_context

logger = logging.getLogger(__name__)


class Gateway:
    """Runs one gateway, built from a loaded configuration. ``serve`` runs it until it is told to stop."""

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
                group.create_task(parts.services.grants.run(), name="grants"),
                group.create_task(parts.newsroom.run(), name="news"),
                group.create_task(parts.services.clock_steps.run(), name="clock steps"),
                group.create_task(viewing.run(), name="viewing"),
                group.create_task(parts.services.players.run(), name="wall players"),
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
                parts.services.printer.close()
                await media.stop()
                await viewing.drain()
                parts.services.drafts.close()
                await parts.services.audit.finish()
                for task in tasks:
                    task.cancel()

    def _doors(self, runner: web.AppRunner, services: Services) -> list[Doors]:
        """Return the door for pages and, if a port is configured, a separate door for panic buttons, which visitors of
        the pages cannot fill.
        """
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


def public_url(http: HttpSettings, port: int) -> str:
    """Return ``public_url``. If the system chose the port (0 in the settings), return a URL with that port instead."""
    if http.port:
        return http.public_url
    return f"{'https' if http.tls_certificate else 'http'}://localhost:{port}"
