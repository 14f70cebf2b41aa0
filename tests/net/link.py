"""A bad link in user space: a UDP and TCP forwarder whose address a gateway advertises as its own, as behind a NAT."""

import asyncio
import itertools
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.net.model import Way

Address = tuple[str, int]
_LOOK_EVERY = 0.01  # seconds until a change of conditions is noticed
_CHUNK = 4096  # bytes of a TCP stream that are forwarded at a time


class Link:
    """Forwards between viewers and ``gateway``, over UDP and TCP on one ``port``. ``down`` is the direction to the
    viewers, ``up`` the direction from them. The conditions of each may change at any time."""

    def __init__(self, gateway: Address, seed: int = 0) -> None:
        self.down: Way[Callable[[], None]] = Way(seed)
        self.up: Way[Callable[[], None]] = Way(~seed)
        self.gateway = gateway
        self.udp_blocked = False
        self.bytes = 0
        self.tcp_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._timers: dict[Way[Callable[[], None]], asyncio.TimerHandle] = {}
        self._inside: dict[Address, socket.socket] = {}
        self._outer_host = "127.0.0.1"
        self._hosts = itertools.count(2)
        self._gone: set[Address] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._outside, self._listener = _open_pair()
        self.port = int(self._outside.getsockname()[1])

    async def __aenter__(self) -> Self:
        self._loop.add_reader(self._outside, self._from_viewers)
        self._server = await asyncio.start_server(self._accepted, sock=self._listener)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        await self._server.wait_closed()
        for timer in self._timers.values():
            timer.cancel()
        self._close_inside()
        self._loop.remove_reader(self._outside)
        self._outside.close()

    def rebind(self) -> None:
        """Make the NAT forget its bindings: what viewers send from now on reaches the gateway from another address and
        port, and what the gateway sends to the old ones is lost.
        """
        self._outer_host = f"127.0.0.{next(self._hosts)}"
        self._close_inside()

    def strand(self) -> None:
        """Take away the viewers' own addresses: from now on, nothing travels to or from those that were in use."""
        self._gone |= self._inside.keys()

    @property
    def viewers(self) -> frozenset[Address]:
        """Return the addresses of the viewers that have sent a datagram since the NAT last forgot."""
        return frozenset(self._inside)

    def _close_inside(self) -> None:
        for inside in self._inside.values():
            self._loop.remove_reader(inside)
            inside.close()
        self._inside.clear()

    # UDP

    def _from_viewers(self) -> None:
        data, viewer = self._outside.recvfrom(2048)
        if self.udp_blocked or viewer in self._gone:
            return
        if self.up.datagram(data, lambda: self._to_gateway(data, viewer), self._loop.time()):
            self._serve(self.up)

    def _to_gateway(self, data: bytes, viewer: Address) -> None:
        inside = self._inside.get(viewer)
        if inside is None:
            inside = self._inside[viewer] = _open(self._outer_host)
            inside.connect(self.gateway)
            self._loop.add_reader(inside, self._from_gateway, inside, viewer)
        _send(inside, data)

    def _from_gateway(self, inside: socket.socket, viewer: Address) -> None:
        try:
            data = inside.recv(2048)
        except OSError:  # the gateway is not running at the moment
            return
        if self.udp_blocked:
            return
        if self.down.datagram(data, lambda: self._to_viewer(data, viewer), self._loop.time()):
            self._serve(self.down)

    def _to_viewer(self, data: bytes, viewer: Address) -> None:
        if viewer not in self._gone:
            _send(self._outside, data, viewer)
            self.bytes += len(data)

    # TCP

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection(*self.gateway)
        except OSError:  # the gateway is not listening
            writer.close()
            return
        for source, target, way in ((reader, inner_writer, self.up), (inner_reader, writer, self.down)):
            pump = asyncio.create_task(self._pump(source, target, way), name="tcp link")
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: Way[Callable[[], None]]
    ) -> None:
        """Forward one direction of one connection until either end has closed it."""
        try:
            while data := await source.read(_CHUNK):

                def deliver(data: bytes = data) -> None:
                    target.write(data)
                    self.tcp_bytes += len(data)

                while not way.segment(len(data), deliver, self._loop.time()):
                    self._room.clear()
                    await self._room.wait()
                self._serve(way)
                await target.drain()
        except ConnectionError:
            return
        finally:
            target.close()

    def _serve(self, way: Way[Callable[[], None]]) -> None:
        """Deliver what has waited long enough, unless a timer is about to."""
        if way not in self._timers:
            self._look(way)

    def _look(self, way: Way[Callable[[], None]]) -> None:
        self._timers.pop(way, None)
        while deliver := way.take(self._loop.time()):
            deliver()
            self._room.set()
        wait = way.wait(self._loop.time())
        if wait != float("inf"):
            self._timers[way] = self._loop.call_later(min(max(wait, 0.0), _LOOK_EVERY), self._look, way)


def _open(host: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    opened.bind((host, 0))
    return opened


def _open_pair() -> tuple[socket.socket, socket.socket]:
    """Return a UDP socket and a TCP listener with the same port number."""
    while True:
        datagrams = _open("127.0.0.1")
        try:
            return datagrams, socket.create_server(datagrams.getsockname())
        except OSError:  # another process has that TCP port
            datagrams.close()


def _send(where: socket.socket, data: bytes, to: Address | None = None) -> None:
    try:
        if to is None:
            where.send(data)
        else:
            where.sendto(data, to)
    except OSError:  # nobody is there, or there is no room: a network would lose it
        return
