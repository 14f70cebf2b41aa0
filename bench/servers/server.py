"""The interface of a server under test."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


class NotHere(Exception):
    """The server cannot be measured on this machine; the message says why."""


class NothingSeen(Exception):
    """The server ran, but no viewer got anything from it; the message says what viewers were told."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address to which one viewer posts its offer (WHEP), its bearer token if any, and the viewer's own address."""

    url: str
    token: str = ""
    host: str = "127.0.0.1"


class Server(Protocol):
    """A WHEP server that pulls the feeder's cameras."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes to measure, including their children."""
        ...

    async def start(self) -> None:
        """Start it, and wait until viewers can connect. Raises NotHere."""
        ...

    async def endpoint(self, camera: int) -> Endpoint:
        """Return the endpoint for one more viewer of this camera."""
        ...

    async def counters(self) -> dict[str, float]:
        """Return the server's own counters, as far as it has any."""
        ...

    async def stop(self) -> None:
        """Stop what was started. Harmless if ``start`` failed."""
        ...


@contextlib.asynccontextmanager
async def started(server: Server) -> AsyncIterator[None]:
    """Run the server while the block lasts. A failure to stop is reported, and no figures are lost."""
    try:
        await server.start()
        yield
    finally:
        try:
            await server.stop()
        except Exception as error:
            print(f"killed, because it did not stop: {error}"[:200])
