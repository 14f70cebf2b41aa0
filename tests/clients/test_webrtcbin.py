"""GStreamer's webrtcbin, which does not check consent: only its reports show that it is alive. It does not report that
the gateway has said goodbye."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.clients import story
from tests.clients.film import HERTZ, SUB
from tests.clients.house import House
from tests.clients.player import Player, process

VIEWER = Path(__file__).parents[1] / "gst" / "viewer.py"
HELD = 70.0
"""Seconds: several times as long as the gateway waits for a sign of life."""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs Debian's python3-gi"),
    pytest.mark.timeout(150),
]


@asynccontextmanager
async def watching(house: House, said: Sequence[str] = (), stream: str = "") -> AsyncIterator[Player]:
    """Run a webrtcbin that has received its answer."""
    async with process(["/usr/bin/python3", str(VIEWER), *said]) as (player, viewer):
        await _exchange(house, player, viewer, stream)
        yield player


async def _exchange(house: House, player: Player, viewer: Process, stream: str) -> None:
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {house.token}"}
    offer = await player.offered
    async with ClientSession() as session, session.post(house.url + stream, data=offer, headers=headers) as answer:
        text = await answer.text()
        assert answer.status == 201, text
    assert viewer.stdin is not None
    viewer.stdin.write(json.dumps(text).encode() + b"\n")


async def test_webrtcbin_plays_picture_and_sound_through_switch_restart_and_all_clear(house: House) -> None:
    async with watching(house, ["--sound"]) as player:
        await story.plays(house, player)
        await player.until(lambda: HERTZ in player.tones)
        await story.ends(house, player)


async def test_webrtcbin_stays_connected_for_more_than_a_minute_through_its_reports(house: House) -> None:
    async with watching(house, stream="?stream=sub") as player:
        now = asyncio.get_running_loop().time
        began = now()
        await player.until(lambda: now() > began + HELD, HELD + 30)
        await player.shows(SUB, within=story.PATIENCE)
        assert len(house.media.plane.sessions()) == 1
