"""Chromium, with a page that knows only WHEP."""

from pathlib import Path

import pytest

from rig.chromium import EXECUTABLE, chromium
from tests.clients import story
from tests.clients.browser import LOOK, PLAY, watched
from tests.clients.house import House
from tests.clients.player import Player

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(150),
    pytest.mark.skipif(not Path(EXECUTABLE).exists(), reason="needs Debian's chromium"),
]


async def test_chromium_plays_picture_and_sound_through_switch_restart_and_all_clear(house: House) -> None:
    player = Player()
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"{house.base}/plain")
        assert await page.evaluate(PLAY, [house.url, house.token]) == ""
        async with watched(lambda: page.evaluate(LOOK), player):
            await story.plays(house, player)
            await player.until(lambda: len(player.sounds) > 4000)
            await story.ends(house, player)
            await player.until(lambda: player.states[-1] == "closed")
