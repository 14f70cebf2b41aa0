"""Holds one HTTP connection and its place: who it belongs to, and whether the other end is reading its answers."""

import asyncio
import socket
import struct
from typing import Protocol, cast

from aiohttp import web

from gateway.api.admission.connections import Place

KEEP_ALIVE = 75.0
TAKEN_WITHIN = 20.0
"""Seconds within which the other end must read ``STEP`` bytes of a waiting answer. No page is usable at 200 bytes per
second."""
STEP = 4096

_BYTES_ACKED = 120
"""The offset of ``tcpi_bytes_acked``, 64 bits wide, in Linux's struct tcp_info."""


class Keeper(Protocol):
    """Describes the doors that accept connections. With ``alarms_only``, only panic buttons are answered."""

    alarms_only: bool

    def recognise(self, connection: "Connection", owner: str) -> None:
        """Note that a connection belongs to ``owner``, a sign-in or a webhook."""

    def left(self, connection: "Connection") -> None:
        """Note that a connection has closed."""


class Connection(web.RequestHandler):
    """Serves one connection. ``bare`` is its socket while it waits, and ``wire`` is its transport once HTTP begins."""

    __slots__ = ("bare", "doors", "greeting", "moved_at", "moved_to", "place", "wire")

    def __init__(self, doors: Keeper, server: web.Server, place: Place) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=KEEP_ALIVE,
            access_log=None,  # type: ignore[arg-type]  # aiohttp accepts None
        )
        self.doors = doors
        self.place = place
        self.bare: socket.socket | None = None
        self.greeting: asyncio.Task[None] | None = None
        self.wire: asyncio.Transport | None = None
        self.moved_at = self.moved_to = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin HTTP."""
        self.wire = cast(asyncio.Transport, transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Report that the connection has closed and its file descriptor is free."""
        super().connection_lost(exc)
        self.doors.left(self)

    def cut(self) -> None:
        """Close at once, even if data is waiting to be sent."""
        if self.wire is not None:
            self.wire.abort()
        elif self.greeting is not None:
            self.greeting.cancel()
        elif self.bare is not None:
            self.bare.close()
            self.bare = None
            self.doors.left(self)

    def stuck(self, now: float) -> bool:
        """Return True if an answer has waited too long for the other end to read it."""
        if self.wire is None or not self.wire.get_write_buffer_size():
            self.moved_at = now
            return False
        taken = bytes_taken(self.wire)
        if self.moved_at == 0.0 or taken is None or taken >= self.moved_to + STEP:
            self.moved_at, self.moved_to = now, taken or 0
        return now - self.moved_at >= TAKEN_WITHIN


def bytes_taken(wire: asyncio.Transport) -> int | None:
    """Return how many bytes the other end has acknowledged, or None if this system cannot tell."""
    try:
        told = wire.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_ACKED + 8)
        return int(struct.unpack_from("=Q", told, _BYTES_ACKED)[0])
    except (AttributeError, OSError, struct.error):
        return None
