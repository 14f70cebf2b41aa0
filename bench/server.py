"""What the bench asks of a server under test."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


class NotHere(Exception):
    """The server cannot be measured on this machine; the message says why."""


class NothingSeen(Exception):
    """The server ran, and no viewer got anything of it; the message says what viewers were told."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one viewer posts its offer (WHEP), with what bearer token, if any, and from what address of its own."""

    url: str
    token: str = ""
    host: str = "127.0.0.1"


class Server(Protocol):
    """A WHEP server that pulls the feeder's cameras."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes to account, with all that they start."""
        ...

    async def start(self) -> None:
        """Until viewers may come. Raises NotHere."""
        ...

    async def endpoint(self, camera: int) -> Endpoint:
        """For one viewer of the camera of this number."""
        ...

    async def counters(self) -> dict[str, float]:
        """The server's own figures, as far as it tells."""
        ...

    async def stop(self) -> None:
        """Stop what was started. Harmless where ``start`` failed."""
        ...


@contextlib.asynccontextmanager
async def started(server: Server) -> AsyncIterator[None]:
    """The server as it runs, stopped at the end. That it does not stop by itself is said, and costs no figures."""
    try:
        await server.start()
        yield
    finally:
        try:
            await server.stop()
        except Exception as error:
            print(f"killed, since it did not stop: {error}"[:200])
