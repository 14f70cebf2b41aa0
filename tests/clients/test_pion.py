"""A viewer in Go, built on pion, that knows nothing about this gateway except WHEP."""

import pytest

from tests.clients import story
from tests.clients.film import MAIN
from tests.clients.house import House
from tests.clients.player import process

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]  # if it has to be built first


async def test_pion_plays_picture_and_sound_through_switch_restart_and_all_clear(pion: str, house: House) -> None:
    async with process([pion, house.url, house.token]) as (player, _):
        await story.plays(house, player)
        await player.until(lambda: len(player.sounds) > 8000)  # a second of it
        await story.ends(house, player)
        await player.until(lambda: player.states[-1] == "closed")


async def test_pion_leaves_when_it_has_seen_enough(pion: str, house: House) -> None:
    async with process([pion, house.url, house.token]) as (player, viewer):
        await player.until(lambda: player.sizes, 15)
        assert viewer.stdin is not None
        viewer.stdin.close()
        assert await viewer.wait() == 0
        assert await house.ends_of_views() == ["viewer_left"]


async def test_pion_plays_a_camera_without_sound_though_it_asks_for_it(pion: str, silent_house: House) -> None:
    async with process([pion, silent_house.url, silent_house.token]) as (player, _):
        await player.shows(MAIN, within=story.PATIENCE)
        assert not player.sounds
