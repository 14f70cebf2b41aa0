"""A viewer in a separate process, and what it has shown."""

import asyncio
import base64
import contextlib
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av


@dataclass
class Player:
    """Holds what a viewer has reported so far: the sizes of decoded pictures, the bytes of sound or its pitch in Hz
    every second, the states of the connection, and its offer if the test has to exchange that."""

    sizes: list[tuple[int, int]] = field(default_factory=list)
    sounds: bytearray = field(default_factory=bytearray)
    tones: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    offered: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    told: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self._decoder = av.VideoCodecContext.create("h264", "r")

    async def take(self, said: dict[str, Any]) -> None:
        """Handle one line from a viewer."""
        if "unit" in said:
            await self._decode(base64.b64decode(said["unit"]))
        if "frame" in said:
            await self.shown(said["width"], said["height"])
        if "sound" in said:
            await self.heard(base64.b64decode(said["sound"]))
        if "hertz" in said:
            self.tones.append(said["hertz"])
            await self._tell()
        if "offer" in said:
            self.offered.set_result(said["offer"])
        if "state" in said:
            await self.is_now(said["state"])

    async def _decode(self, unit: bytes) -> None:
        """Decode a unit and show its pictures. A unit that cannot be decoded, after a loss, shows nothing."""
        with contextlib.suppress(av.error.InvalidDataError):
            for frame in self._decoder.decode(av.Packet(unit)):
                await self.shown(frame.width, frame.height)

    async def shown(self, width: int, height: int) -> None:
        self.sizes.append((width, height))
        await self._tell()

    async def heard(self, samples: bytes) -> None:
        self.sounds += samples
        await self._tell()

    async def is_now(self, state: str) -> None:
        self.states.append(state)
        await self._tell()

    async def _tell(self) -> None:
        async with self.told:
            self.told.notify_all()

    async def shows(self, size: tuple[int, int], frames: int = 5, within: float = 30.0) -> None:
        """Wait until ``frames`` more pictures in a row have this size."""
        begin = len(self.sizes)
        await self.until(lambda: len(self.sizes) - begin >= frames and set(self.sizes[-frames:]) == {size}, within)

    async def until(self, holds: Any, within: float = 30.0) -> None:
        async with asyncio.timeout(within), self.told:
            await self.told.wait_for(holds)


@asynccontextmanager
async def process(command: Sequence[str]) -> AsyncIterator[tuple[Player, Process]]:
    """Run a viewer that reports in JSON lines what it sees, until its standard input ends."""
    player = Player()
    running = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=1 << 22)
    listening = asyncio.create_task(_listen(running, player), name="viewer")
    try:
        yield player, running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()
        await listening


async def _listen(running: Process, player: Player) -> None:
    assert running.stdout is not None
    async for line in running.stdout:
        if line.endswith(b"\n"):  # the last one may have been cut off
            await player.take(json.loads(line))
