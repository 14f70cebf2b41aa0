"""MediaMTX as the viewer: it reads over WHEP, and an RTSP client reads from it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import av
import pytest

from rig.processes import free_port
from tests.clients import story
from tests.clients.film import MAIN
from tests.clients.house import House
from tests.clients.player import Player

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]  # if it has to be built first

SETTINGS = """
rtmp: no
hls: no
webrtc: no
srt: no
moq: no
rtspTransports: [tcp]
rtspAddress: 127.0.0.1:{port}
paths:
  hall:
    source: {source}
    whepBearerToken: {token}
"""


@asynccontextmanager
async def reading(mediamtx: str, house: House, directory: Path) -> AsyncIterator[Player]:
    """Run a MediaMTX that reads the house's camera, and a client that reads from MediaMTX."""
    port = free_port()
    source = house.url.replace("http:", "whep:")
    settings = directory / "mediamtx.yml"
    settings.write_text(SETTINGS.format(port=port, source=source, token=house.token))
    with (directory / "mediamtx.log").open("wb") as log:
        server = await asyncio.create_subprocess_exec(mediamtx, str(settings), stdout=log, stderr=log)
    player, stop = Player(), Event()
    reader = asyncio.create_task(asyncio.to_thread(_read, port, player, asyncio.get_running_loop(), stop))
    try:
        yield player
    finally:
        stop.set()
        server.terminate()
        await server.wait()
        await reader


def _read(port: int, player: Player, loop: asyncio.AbstractEventLoop, stop: Event) -> None:
    """Watch the stream from when it appears until it ends. Runs in its own thread."""
    stream = None
    while stream is None and not stop.wait(0.1):
        with contextlib.suppress(av.FFmpegError, OSError):  # no stream, or no server, yet
            stream = av.open(f"rtsp://127.0.0.1:{port}/hall", options={"rtsp_transport": "tcp"}, timeout=5.0)
    if stream is None:
        return
    with stream, contextlib.suppress(av.FFmpegError):
        for packet in stream.demux():
            if packet.stream.type == "audio":
                asyncio.run_coroutine_threadsafe(player.heard(bytes(packet)), loop)
                continue
            for frame in packet.decode():
                assert isinstance(frame, av.VideoFrame)
                asyncio.run_coroutine_threadsafe(player.shown(frame.width, frame.height), loop)
    asyncio.run_coroutine_threadsafe(player.is_now("closed"), loop)


async def test_mediamtx_reads_picture_and_sound_through_switch_restart_and_all_clear(
    mediamtx: str, house: House, tmp_path: Path
) -> None:
    async with reading(mediamtx, house, tmp_path) as player:
        await story.plays(house, player)
        await player.until(lambda: len(player.sounds) > 8000)  # a second of it
        await story.ends(house, player)
        await player.until(lambda: player.states == ["closed"])


async def test_mediamtx_reads_a_camera_without_sound(mediamtx: str, silent_house: House, tmp_path: Path) -> None:
    async with reading(mediamtx, silent_house, tmp_path) as player:
        await player.shows(MAIN, within=story.PATIENCE)
        assert not player.sounds
