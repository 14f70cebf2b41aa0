"""Provides viewers over TCP and IPv6, and a gateway for them on a clock that the test moves."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from gateway.configuration.media_settings import MediaSettings
from gateway.webrtc.interface import OpenedSession
from gateway.webrtc.session import Session
from gateway.webrtc.transport.framing import Deframer, frame
from gateway.webrtc.transport.tcp import TcpConnection
from rig.viewer import LightViewer
from tests.fakes import FakeClock
from tests.webrtc.peers import Gateway


class FramedSocket:
    """A TCP connection that is used like a UDP socket."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setblocking(False)
        self._deframer = Deframer()
        self._found: list[bytes] = []

    def fileno(self) -> int:
        return self._socket.fileno()

    def getsockname(self) -> Any:
        return self._socket.getsockname()

    def sendto(self, data: bytes, address: object) -> None:
        self._socket.sendall(frame(data))

    def recvfrom(self, size: int) -> tuple[bytes, Any]:
        while not self._found:
            data = self._socket.recv(1 << 16)
            if not data:
                asyncio.get_running_loop().remove_reader(self._socket.fileno())
                raise BlockingIOError
            self._found, sound = self._deframer.feed(data)
            assert sound
        return self._found.pop(0), self._socket.getpeername()

    def close(self) -> None:
        self._socket.close()


class TcpViewer(LightViewer):
    """A light viewer that uses TCP only."""

    def __init__(self, port: int, on_media: Callable[[bytes], None] | None = None) -> None:
        self._port = port
        super().__init__(on_media)

    def _open(self) -> Any:
        opened = FramedSocket(self._port)
        asyncio.get_running_loop().add_reader(opened.fileno(), self.readable)
        return opened


class SixViewer(LightViewer):
    """A light viewer at ::1, which receives the answer's addresses in another notation."""

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        opened.bind(("::1", 0))
        asyncio.get_running_loop().add_reader(opened.fileno(), self.readable)
        return opened

    def say(self, data: bytes) -> None:
        if self._remote is not None:
            self.socket.sendto(data, ("::1", self._remote[1]))


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # datagrams that arrive set no event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Gateway]:
    gateway = Gateway(FakeClock(), MediaSettings(port=0, **settings))
    async with gateway.plane:
        yield gateway


async def play(gateway: Gateway, viewer: LightViewer) -> tuple[OpenedSession, Session]:
    opened = await gateway.open(viewer.offer())
    await asyncio.wait_for(viewer.connect(re.sub(r" ::1? ", " 127.0.0.1 ", opened.answer)), 10)
    gateway.camera.show(2)
    await until(lambda: viewer.packets)
    return opened, session_of(gateway, opened.id)


def session_of(gateway: Gateway, session_id: str) -> Session:
    session = gateway.plane.session(session_id)
    assert session is not None
    return session


async def passes(gateway: Gateway, seconds: float) -> None:
    assert isinstance(gateway.clock, FakeClock)
    await gateway.clock.advance(seconds)


def connection_of(session: Session) -> TcpConnection:
    assert session.path.route is not None
    assert isinstance(session.path.route.via, TcpConnection)
    return session.path.route.via
