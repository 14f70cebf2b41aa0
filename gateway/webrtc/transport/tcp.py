"""Implements ICE-TCP (RFC 6544) for networks that block UDP: a passive listener on the number of the media port.

A connection is a stranger until a session's check arrives over it. Few strangers are allowed, they are soon
disconnected, and little of what they send is read.
"""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable
from typing import cast

from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.process.files import limit, media_connections
from gateway.webrtc.transport.demux import Protocol, protocol_of
from gateway.webrtc.transport.framing import Deframer, frame, frames
from gateway.webrtc.transport.route import Address, Route

logger = logging.getLogger(__name__)

STRANGERS = 1024  # or half of all connections, if few files may be open
STRANGERS_AN_ADDRESS = 256  # room for a wall of forty tiles or more, each over two networks, behind one NAT
PROVEN_WITHIN = 5.0
STRANGERS_BYTES = 4096
PATIENCE = 1.0  # seconds that media may wait for a slow viewer before it is dropped
WAITING_MEDIA = 1024 * 1024
WAITING_REPLIES = 64 * 1024
_UNSENT_IN_KERNEL = 32 * 1024


class TcpConnection(asyncio.Protocol):
    """Handles one TCP connection, of a viewer or of a stranger. ``port`` decides how long it lives."""

    paces = True

    def __init__(self, port: "TcpPort") -> None:
        self._port = port
        self._deframer = Deframer()
        self._transport: asyncio.Transport | None = None
        self._heard = 0
        self._late_since: float | None = None
        self.route = Route(self, ("", 0))
        self.proven = False
        self.opened_at = 0.0

    @property
    def waiting(self) -> int:
        """Return how many bytes wait here for a viewer that reads too slowly."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and set up the socket. asyncio calls this."""
        self._transport = transport = cast(asyncio.Transport, transport)
        # asyncio now reports each write that does not go out at once, so that a slow viewer is recognised by time.
        transport.set_write_buffer_limits(high=0)
        made = transport.get_extra_info("socket")
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # otherwise the kernel would hold seconds of media before we notice
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_IN_KERNEL)
        self.route = Route(self, transport.get_extra_info("peername") or ("", 0))
        self._port.made(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Notify the port that the connection is gone. asyncio calls this."""
        self._port.lost(self)

    def data_received(self, data: bytes) -> None:
        """Take datagrams out of the stream. Raises nothing: a peer that speaks another protocol is disconnected."""
        self._heard += len(data)
        found, sound = self._deframer.feed(data)
        for datagram in found:
            if not self.proven and protocol_of(datagram) is not Protocol.STUN:
                sound = False
                break
            self._port.receive(datagram, self.route)
        if not sound or (not self.proven and self._heard > STRANGERS_BYTES):
            self._port.malformed(self)

    def pause_writing(self) -> None:
        """Note that data did not go out at once: the viewer or its network is slower than we are."""
        if self._late_since is None:
            self._late_since = self._port.now()

    def resume_writing(self) -> None:
        """Note that everything has gone out."""
        self._late_since = None

    def send(self, datagram: bytes, address: Address) -> None:
        """Send a datagram. Drop it if too much is already waiting."""
        self._write(frame(datagram), WAITING_REPLIES)

    def send_run(self, packets: bytes, count: int, size: int, address: Address) -> bool:
        """Send media as in ``Via``. It is refused if earlier data has waited too long or too much of it is waiting."""
        late = self._late_since is not None and self._port.now() - self._late_since > PATIENCE
        data = frames(packets, size)
        if late or not self._write(data, WAITING_MEDIA):
            return False
        self._port.packets += count
        self._port.bytes += len(data) - 2 * count
        return True

    def close(self) -> None:
        """Close after everything just written has gone out. If older data is waiting, close now: none of a session's
        media may go out after its end."""
        if self._transport is not None:
            if self.waiting:
                self._transport.abort()
            else:
                self._transport.close()

    def abort(self) -> None:
        """Close now, and drop everything that is waiting."""
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes, most: int) -> bool:
        transport = self._transport
        if transport is None or transport.is_closing() or self.waiting + len(data) > most:
            return False
        transport.write(data)
        return True


class TcpPort:
    """Owns the listener and its connections. ``packets`` and ``bytes`` count the media given to the connections."""

    def __init__(
        self,
        receive: Callable[[bytes, Route], None],
        lost: Callable[[Route], None],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.receive = receive
        self.now = clock.monotonic
        self.packets = 0
        self.bytes = 0
        self._lost = lost
        self._metrics = metrics
        self._server: asyncio.Server | None = None
        self._connections: set[TcpConnection] = set()
        self._strangers: dict[TcpConnection, str] = {}  # oldest first
        self._strangers_at: Counter[str] = Counter()
        self._most = self._most_strangers = 0

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError if the port is in use."""
        self._most = media_connections(limit())
        self._most_strangers = min(STRANGERS, self._most // 2)
        listening = _bind(host, port)
        try:
            self._server = await asyncio.get_running_loop().create_server(lambda: TcpConnection(self), sock=listening)
        except BaseException:
            listening.close()
            raise

    def made(self, connection: TcpConnection) -> None:
        """Accept a new connection as a stranger, or close it at once if there are too many."""
        host = connection.route.host
        crowded = self._strangers_at[host] >= STRANGERS_AN_ADDRESS or len(self._strangers) >= self._most_strangers
        self._connections.add(connection)
        self._strangers[connection] = host
        self._strangers_at[host] += 1
        self._metrics.tcp_connections.set(len(self._connections))
        connection.opened_at = self.now()
        if crowded or len(self._connections) > self._most:
            self._metrics.dropped.labels(where="tcp_connection").inc()
            connection.abort()

    def prove(self, route: Route) -> None:
        """Note that a check of a session arrived over this route."""
        if isinstance(route.via, TcpConnection) and not route.via.proven:
            route.via.proven = True
            self._no_stranger(route.via)

    def malformed(self, connection: TcpConnection) -> None:
        """Disconnect a peer that does not speak ICE-TCP."""
        self._metrics.malformed.labels(protocol="tcp").inc()
        connection.abort()

    def lost(self, connection: TcpConnection) -> None:
        """Forget a connection that has ended."""
        self._connections.discard(connection)
        self._no_stranger(connection)
        self._metrics.tcp_connections.set(len(self._connections))
        self._lost(connection.route)

    def sweep(self) -> None:
        """Close connections over which no check arrived in time."""
        until = self.now() - PROVEN_WITHIN
        for connection in list(self._strangers):
            if connection.opened_at > until:
                return
            self._metrics.dropped.labels(where="tcp_connection").inc()
            self._no_stranger(connection)
            connection.abort()

    async def close(self) -> None:
        """Stop listening and close every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)  # a goodbye just written must go out before the loop may end

    def _no_stranger(self, connection: TcpConnection) -> None:
        host = self._strangers.pop(connection, None)
        if host is not None:
            self._strangers_at[host] -= 1
            if not self._strangers_at[host]:
                del self._strangers_at[host]


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier run may linger
        if bound.family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
