"""The whole gateway in one process, for the tests that attack it, and connections to its own server below HTTP."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
from aiohttp import web

from gateway.api.admission.connections import ConnectionPlaces
from gateway.api.admission.doors import Doors
from gateway.api.admission.proxies import Network
from gateway.api.admission.throttle import whose
from tests.in_process import House, house

__all__ = ["house"]


class Line:
    """A TCP connection to the gateway, below HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> None:
        """Send a request."""
        said = {"Host": "gateway", "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)

    def stop_reading(self) -> None:
        """Stop reading, so that what the gateway sends stays in the connection."""
        assert isinstance(self.writer.transport, asyncio.ReadTransport)
        self.writer.transport.pause_reading()

    async def status(self) -> int:
        """Return the status of the next answer."""
        async with asyncio.timeout(5):
            await self.reader.readuntil(b"HTTP/1.1 ")
            return int(await self.reader.readexactly(3))

    async def closed(self) -> bool:
        async with asyncio.timeout(5):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass
            return True

    @property
    def open(self) -> bool:
        return not self.reader.at_eof() and self.reader.exception() is None


@asynccontextmanager
async def connected(port: int, context: ssl.SSLContext | None = None) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


@dataclass
class Guarded:
    """A gateway behind its own server with room for few connections. ``port`` is the port of that server."""

    house: House
    doors: Doors
    places: ConnectionPlaces
    port: int = 0

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until the gateway has handled what was sent to it, which is when ``true`` returns True."""
        async with asyncio.timeout(5):
            for _ in iter(true, True):
                await asyncio.sleep(0.001)


@pytest.fixture
async def guarded(house: House) -> AsyncIterator[Guarded]:
    async with guard(house) as found:
        yield found


@asynccontextmanager
async def guard(
    house: House,
    places: ConnectionPlaces | None = None,
    proxies: tuple[Network, ...] = (),
    *,
    alarms_only: bool = False,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Guarded]:
    """Put the house behind its own listening server."""
    runner = house.server.runner
    assert isinstance(runner, web.AppRunner)
    places = ConnectionPlaces(16) if places is None else places
    doors = Doors(
        runner, places, proxies, house.clock, house.metrics, whose=whose(house.services), alarms_only=alarms_only
    )
    found = Guarded(house, doors, places)
    found.port = await doors.listen("127.0.0.1", 0, context)
    running = asyncio.create_task(doors.run())
    await house.clock.settle()
    yield found
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
