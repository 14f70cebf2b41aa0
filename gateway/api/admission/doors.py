"""Accepts HTTP connections: gives each a place, enforces its deadlines, and closes those that give way.

aiohttp's own sites accept connections until no file descriptor is left. After that, asyncio logs a traceback for every
failed attempt, and each time accepts nothing for a second, not even alarms.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Iterable, Sequence

from aiohttp import web

from gateway.api.admission.connection import Connection
from gateway.api.admission.connections import ConnectionPlaces, Place
from gateway.api.admission.newcomers import Newcomers, Waiting, Whose
from gateway.api.admission.proxies import Network, is_trusted, network_of
from gateway.clock import Clock
from gateway.metrics import Metrics

logger = logging.getLogger(__name__)

FIRST_REQUEST_WITHIN = 10.0
"""Seconds from the start of a connection, TLS handshake included, to the last header of its first request."""

HANDSHAKE_WITHIN = 5.0
CLOSED_WITHIN = 2.0
"""Seconds that TLS waits for the other end to close as well."""

LOOK_EVERY = 1.0

BACKLOG = 1024
AT_ONCE = 16
"""The number of connections accepted before the event loop does other work."""

TRY_AGAIN = 0.1
QUIET = 60.0
"""Seconds within which closed connections, or a lack of file descriptors, are logged only once."""

NO_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Doors:
    """Listens for one application. ``run`` accepts connections, and owns every task that serves one.

    With ``alarms_only``, only panic buttons are answered here.
    """

    def __init__(
        self,
        runner: web.AppRunner,
        places: ConnectionPlaces,
        proxies: Sequence[Network],
        clock: Clock,
        metrics: Metrics,
        *,
        whose: Whose = lambda _head, _address: None,
        alarms_only: bool = False,
    ) -> None:
        self.alarms_only = alarms_only
        self._runner = runner
        self._places = places
        self._proxies = proxies
        self._clock = clock
        self._metrics = metrics
        self._open: dict[Place, Connection] = {}
        self._listening: list[tuple[socket.socket, ssl.SSLContext | None]] = []
        self._newcomers = Newcomers(whose, clock, self._begin)
        self._group = asyncio.TaskGroup()
        self._closed = 0
        self._quiet_until: dict[str, float] = {}

    async def listen(self, host: str, port: int, context: ssl.SSLContext | None) -> int:
        """Listen on every address of ``host``, and return the port. ``run`` then accepts connections.

        Raises OSError.
        """
        found = await asyncio.get_running_loop().getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        opened: list[socket.socket] = []
        try:
            for family, address in dict.fromkeys((entry[0], entry[4]) for entry in found):
                opened.append(_bound(family, address))
        except OSError:
            for listening in opened:
                listening.close()
            raise
        self._listening += [(listening, context) for listening in opened]
        return int(opened[0].getsockname()[1])

    async def run(self) -> None:
        """Accept connections until cancelled, then stop listening."""
        try:
            async with self._group as group:
                group.create_task(self._watch(), name="http: deadlines")
                group.create_task(self._newcomers.run(), name="http: newcomers")
                for listening, context in self._listening:
                    group.create_task(self._accept(listening, context), name="http: accept")
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening. Open connections stay open."""
        for listening, _ in self._listening:
            listening.close()
        self._listening.clear()
        self._newcomers.close()

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Return all open connections, including those that are waiting for their turn, oldest first."""
        return tuple(self._open.values())

    def recognise(self, connection: Connection, owner: str) -> None:
        """Note that a connection belongs to ``owner``, a sign-in or a webhook."""
        self._close(self._places.recognise(connection.place, owner, self._clock.monotonic()))

    def left(self, connection: Connection) -> None:
        """Note that a connection has closed."""
        self._places.leave(connection.place)
        self._open.pop(connection.place, None)

    async def _accept(self, listening: socket.socket, context: ssl.SSLContext | None) -> None:
        loop, accepted = asyncio.get_running_loop(), 0
        while True:
            try:
                connected, peer = await loop.sock_accept(listening)
            except OSError as error:
                if error.errno in NO_FILES:
                    await self._without_files(error)
                else:  # This connection failed while it was waiting (see accept(2)). Go on with the next one.
                    await asyncio.sleep(0)
                continue
            self._greet(connected, str(peer[0]), context)
            accepted += 1
            if accepted % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _greet(self, connected: socket.socket, peer: str, context: ssl.SSLContext | None) -> None:
        server = self._runner.server
        if server is None:
            connected.close()
            return
        own = is_trusted(peer, self._proxies)
        place = Place("proxy" if own else network_of(peer), self._clock.monotonic(), known=own)
        self._close(self._places.enter(place))
        connection = self._open[place] = Connection(self, server, place)
        self._newcomers.come(Waiting(connection, connected, peer, context), at_once=own)

    def _begin(self, newcomer: Waiting) -> None:
        connection, connected = newcomer.connection, newcomer.connected
        connection.bare = None
        connection.greeting = self._group.create_task(
            self._open_up(connection, connected, newcomer.context), name="http: greeting"
        )
        connection.greeting.add_done_callback(lambda _: self._greeted(connection, connected))

    async def _open_up(self, connection: Connection, connected: socket.socket, context: ssl.SSLContext | None) -> None:
        deadlines = (
            {}
            if context is None
            else {"ssl_handshake_timeout": HANDSHAKE_WITHIN, "ssl_shutdown_timeout": CLOSED_WITHIN}
        )
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection, connected, ssl=context, **deadlines
            )
        except OSError:
            pass  # The other end did not speak TLS, or did so too late.
        except Exception:
            logger.exception("bug while opening a connection")
            self._metrics.task_failures.labels("http").inc()

    def _greeted(self, connection: Connection, connected: socket.socket) -> None:
        """Clean up once HTTP has begun, or can no longer begin."""
        connection.greeting = None
        if connection.wire is None:
            connected.close()
            self.left(connection)

    async def _without_files(self, error: OSError) -> None:
        gone = self._places.shed(self._clock.monotonic())
        self._close(gone)
        if self._may_say("files"):
            logger.error("no connection can be accepted (%s); closed %d and trying again", error.strerror, len(gone))
        await self._clock.sleep(TRY_AGAIN)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY)
            now = self._clock.monotonic()
            late = [
                connection
                for connection in self.connections
                if (not connection.place.asked and now - connection.place.since >= FIRST_REQUEST_WITHIN)
                or connection.stuck(now)
            ]
            for connection in late:
                self._metrics.dropped.labels("http_deadline").inc()
                connection.cut()
            if not self.alarms_only:
                known = self._places.known
                self._metrics.http_connections.labels("known").set(known)
                self._metrics.http_connections.labels("stranger").set(len(self._places) - known)
            if self._closed and self._may_say("closed"):
                logger.warning("%d HTTP connections were closed to make room for others", self._closed)
                self._closed = 0

    def _close(self, gone: Iterable[Place]) -> None:
        for place in gone:
            self._closed += 1
            self._metrics.dropped.labels("http_connection").inc()
            connection = self._open.pop(place, None)
            if connection is not None:
                connection.cut()

    def _may_say(self, what: str) -> bool:
        now = self._clock.monotonic()
        if now < self._quiet_until.get(what, now):
            return False
        self._quiet_until[what] = now + QUIET
        return True


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening
