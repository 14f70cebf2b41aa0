"""Accepts HTTP connections: gives each a place, holds it to its deadlines, and closes those that give way.

aiohttp's own sites accept whatever comes, up to the last file; asyncio then logs a traceback for each try and stops
accepting for a second each time, alarms included.
"""

import asyncio
import errno
import logging
import socket
import ssl
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from gateway.api.buckets import Buckets
from gateway.api.connections import ConnectionPlaces, Place
from gateway.api.proxies import Network, is_trusted, network_of
from gateway.clock import Clock
from gateway.metrics import Metrics

logger = logging.getLogger(__name__)

FIRST_REQUEST_WITHIN = 10.0
"""Seconds from a connection to the last header of its first request, the TLS handshake included."""

HANDSHAKE_WITHIN = 5.0
CLOSED_WITHIN = 2.0
"""Seconds that TLS waits for the other end to say goodbye, too."""

KEEP_ALIVE = 75.0
TAKEN_WITHIN = 20.0
"""Seconds within which an answer that waits to be read has to move on by ``STEP`` bytes: 200 bytes a second are no
link that any page could be used on."""
STEP = 4096

LOOK_EVERY = 1.0

NEWCOMERS = (60.0, 50.0)
"""Connections of strangers that HTTP begins on at once, and a second after that, of one address. What each costs the
one loop (half a millisecond) is what everybody else waits. Those beyond wait as bare sockets for their turn, the newest
first: the oldest have lost theirs to newer ones by then, or soon will. Before them go those whose first bytes show who
they are: sign-ins, each with as many of its own, and messages to panic buttons, the oldest first. Over TLS no such
bytes can be read yet."""

BUTTONS_A_TURN = 16
"""Messages to panic buttons that one address may begin in a turn: a flood of them holds the loop for some milliseconds
at a time, and a true press behind the same address waits for a third of a second at most."""

TURN_EVERY = 0.02
HEAD = 2048
BUTTON = "button"
"""The answer of ``Whose`` for a message to a panic button's address."""

Whose = Callable[[bytes], str | None]
"""Says of the first bytes of a request whose it is; None: nobody's whom we know."""

BACKLOG = 1024
AT_ONCE = 16
"""Connections that are accepted before everything else has its turn."""

TRY_AGAIN = 0.1
QUIET = 60.0
"""Seconds within which the log is told once of connections that had to be closed, or of files that have run out."""

NO_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_BYTES_ACKED = 120
"""Where Linux' struct tcp_info has ``tcpi_bytes_acked``, 64 bits."""


class Connection(web.RequestHandler):
    """One connection and its place. ``bare`` is its socket while it waits for its turn, ``wire`` its transport once
    HTTP may begin."""

    __slots__ = ("bare", "doors", "greeting", "moved_at", "moved_to", "place", "wire")

    def __init__(self, doors: "Doors", server: web.Server, place: Place) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=KEEP_ALIVE,
            access_log=None,  # type: ignore[arg-type]  # None is what aiohttp takes for none
        )
        self.doors = doors
        self.place = place
        self.bare: socket.socket | None = None
        self.greeting: asyncio.Task[None] | None = None
        self.wire: asyncio.Transport | None = None
        self.moved_at = self.moved_to = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """HTTP may begin."""
        self.wire = cast(asyncio.Transport, transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is gone, and its file free."""
        super().connection_lost(exc)
        self.doors.left(self)

    def cut(self) -> None:
        """Close at once, whatever waits to be sent."""
        if self.wire is not None:
            self.wire.abort()
        elif self.greeting is not None:
            self.greeting.cancel()
        elif self.bare is not None:
            self.bare.close()
            self.bare = None
            self.doors.left(self)

    def stuck(self, now: float) -> bool:
        """Return True if an answer waits that the other end has not taken enough of, for too long."""
        if self.wire is None or not self.wire.get_write_buffer_size():
            self.moved_at = now
            return False
        taken = _bytes_taken(self.wire)
        if self.moved_at == 0.0 or taken is None or taken >= self.moved_to + STEP:
            self.moved_at, self.moved_to = now, taken or 0
        return now - self.moved_at >= TAKEN_WITHIN


@dataclass(eq=False, slots=True)
class Waiting:
    """An accepted connection that HTTP has not begun on."""

    connection: Connection
    connected: socket.socket
    context: ssl.SSLContext | None
    owner: str | None = None
    looked: bool = False

    def look(self, whose: Whose) -> str | None:
        """Return whose this is, as soon as its first request can tell."""
        if not self.looked and self.context is None:
            try:
                head = self.connected.recv(HEAD, socket.MSG_PEEK)
            except OSError:
                return None
            self.looked = b"\r\n\r\n" in head or len(head) == HEAD
            if self.looked:
                self.owner = whose(head)
        return self.owner


class Doors:
    """Listens for one application. ``run`` accepts connections and owns whatever waits for one. ``alarms_only``: only
    panic buttons are answered here."""

    def __init__(
        self,
        runner: web.AppRunner,
        places: ConnectionPlaces,
        proxies: Sequence[Network],
        clock: Clock,
        metrics: Metrics,
        *,
        whose: Whose = lambda _: None,
        alarms_only: bool = False,
    ) -> None:
        self._whose = whose
        self.alarms_only = alarms_only
        self._runner = runner
        self._places = places
        self._proxies = proxies
        self._clock = clock
        self._metrics = metrics
        self._open: dict[Place, Connection] = {}
        self._listening: list[tuple[socket.socket, ssl.SSLContext | None]] = []
        self._newcomers = Buckets(*NEWCOMERS)
        self._waiting: dict[str, list[Waiting]] = {}
        self._come = asyncio.Event()
        self._closed = 0
        self._quiet_until: dict[str, float] = {}

    async def listen(self, host: str, port: int, context: ssl.SSLContext | None) -> int:
        """Listen on every address of ``host`` and return the port. Connections wait for ``run``. Raises OSError."""
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
        """Accept, until cancelled; then nothing listens any more."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(), name="http: deadlines")
                group.create_task(self._turns(group), name="http: newcomers")
                for listening, context in self._listening:
                    group.create_task(self._accept(listening, context, group), name="http: accept")
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening. Open connections go on."""
        for listening, _ in self._listening:
            listening.close()
        self._listening.clear()
        for waiting in self._waiting.values():
            for newcomer in waiting:
                newcomer.connection.cut()
        self._waiting.clear()

    def recognise(self, connection: Connection, owner: str) -> None:
        """Note that a connection is of ``owner``: a sign-in or a webhook."""
        self._close(self._places.recognise(connection.place, owner, self._clock.monotonic()))

    def left(self, connection: Connection) -> None:
        """Note that a connection is gone."""
        self._places.leave(connection.place)
        self._open.pop(connection.place, None)

    async def _accept(self, listening: socket.socket, context: ssl.SSLContext | None, group: asyncio.TaskGroup) -> None:
        loop, accepted = asyncio.get_running_loop(), 0
        while True:
            try:
                connected, peer = await loop.sock_accept(listening)
            except OSError as error:
                if error.errno in NO_FILES:
                    await self._without_files(error)
                else:  # what happened to the connection while it waited (accept(2)); the next one is as good as any
                    await asyncio.sleep(0)
                continue
            self._greet(connected, str(peer[0]), context, group)
            accepted += 1
            if accepted % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _greet(
        self, connected: socket.socket, peer: str, context: ssl.SSLContext | None, group: asyncio.TaskGroup
    ) -> None:
        server = self._runner.server
        if server is None:
            connected.close()
            return
        own = is_trusted(peer, self._proxies)
        place = Place("proxy" if own else network_of(peer), self._clock.monotonic(), known=own)
        self._close(self._places.enter(place))
        connection = self._open[place] = Connection(self, server, place)
        newcomer = Waiting(connection, connected, context)
        if own or not self._newcomers.take(place.owner, 1.0, place.since):
            self._begin(newcomer, group)
        else:
            connection.bare = connected
            self._waiting.setdefault(place.owner, []).append(newcomer)
            self._come.set()

    def _begin(self, newcomer: Waiting, group: asyncio.TaskGroup) -> None:
        connection, connected = newcomer.connection, newcomer.connected
        connection.bare = None
        connection.greeting = group.create_task(
            self._open_up(connection, connected, newcomer.context), name="http: greeting"
        )
        connection.greeting.add_done_callback(lambda _: self._greeted(connection, connected))

    async def _turns(self, group: asyncio.TaskGroup) -> None:
        """Begin with those that wait, as many as may: first those who show who they are, then the newest."""
        while True:
            if not self._waiting:
                self._come.clear()
                await self._come.wait()
            await self._clock.sleep(TURN_EVERY)
            now = self._clock.monotonic()
            for owner, waiting in tuple(self._waiting.items()):
                buttons, others = self._told_apart(waiting)
                for newcomer in buttons[:BUTTONS_A_TURN]:
                    self._begin(newcomer, group)
                left = []
                for newcomer in others:
                    if newcomer.owner is not None and not self._newcomers.take(newcomer.owner, 1.0, now):
                        self._begin(newcomer, group)
                    else:
                        left.append(newcomer)
                while left and not self._newcomers.take(owner, 1.0, now):
                    self._begin(left.pop(), group)
                self._waiting[owner] = buttons[BUTTONS_A_TURN:] + left
                if not self._waiting[owner]:
                    del self._waiting[owner]

    def _told_apart(self, waiting: Iterable[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        """Return messages to panic buttons, and all others, that are still there: the oldest first."""
        buttons, others = list[Waiting](), list[Waiting]()
        for newcomer in waiting:
            if newcomer.connection.bare is not None:
                (buttons if newcomer.look(self._whose) == BUTTON else others).append(newcomer)
        return buttons, others

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
            pass  # no TLS, or not in time
        except Exception:
            logger.exception("bug in greeting a connection")
            self._metrics.task_failures.labels("http").inc()

    def _greeted(self, connection: Connection, connected: socket.socket) -> None:
        """HTTP has begun, or never will."""
        connection.greeting = None
        if connection.wire is None:
            connected.close()
            self.left(connection)

    async def _without_files(self, error: OSError) -> None:
        gone = self._places.shed(self._clock.monotonic())
        self._close(gone)
        if self._may_say("files"):
            logger.error("no connection can be accepted (%s), %d are closed; tried again", error.strerror, len(gone))
        await self._clock.sleep(TRY_AGAIN)

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY)
            now = self._clock.monotonic()
            late = [
                connection
                for connection in self._open.values()
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


def _bytes_taken(wire: asyncio.Transport) -> int | None:
    """Return how many bytes the other end has acknowledged. None where this system does not tell."""
    try:
        told = wire.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED + 8)
        return int(struct.unpack_from("=Q", told, _BYTES_ACKED)[0])
    except (AttributeError, OSError, struct.error):
        return None
