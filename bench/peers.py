"""Other servers: plain aiortc, which the bench starts itself, and whatever runs already and speaks WHEP."""

import asyncio
import subprocess
import sys

from bench.run import Feed
from bench.server import Endpoint, NotHere

STARTS_WITHIN = 60.0
COMES_BACK = 12.0


class PlainAiortc:
    """``bench/plain_aiortc.py``."""

    def __init__(self, feed: Feed) -> None:
        self._urls = [f"rtsp://127.0.0.1:{feed.rtsp_port}/camera-{number}" for number in range(feed.cameras)]
        self._log = (feed.directory / "plain_aiortc.log").open("ab")
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0

    @property
    def pids(self) -> tuple[int, ...]:
        """The one process."""
        return () if self._process is None else (self._process.pid,)

    async def start(self) -> None:
        """Until all cameras are open. Raises NotHere."""
        command = [sys.executable, "-m", "bench.plain_aiortc", *self._urls]
        self._process = process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                self._port = int(await process.stdout.readline())
        except (TimeoutError, ValueError) as error:
            raise NotHere("plain aiortc does not start") from error

    async def endpoint(self, camera: int) -> Endpoint:
        """No token: the obvious program has none."""
        return Endpoint(f"http://127.0.0.1:{self._port}/whep/{camera}")

    async def counters(self) -> dict[str, float]:
        """It counts nothing."""
        return {}

    async def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
        self._log.close()


class External:
    """A server that somebody else started and pointed at the feeder's cameras. ``host``: the viewers' own address."""

    def __init__(self, url: str, pids: tuple[int, ...], token: str = "", host: str = "127.0.0.1") -> None:
        self._url = url
        self._token = token
        self._host = host
        self.pids = pids

    async def start(self) -> None:
        """It runs already, and gets time to find its cameras again."""
        await asyncio.sleep(COMES_BACK)

    async def endpoint(self, camera: int) -> Endpoint:
        """The URL, with ``{camera}`` replaced by the camera's number."""
        return Endpoint(self._url.replace("{camera}", str(camera)), self._token, self._host)

    async def counters(self) -> dict[str, float]:
        """Not known."""
        return {}

    async def stop(self) -> None:
        """Not ours to stop."""
