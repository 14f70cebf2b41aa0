"""A viewer in TypeScript, built on werift: ICE, DTLS and SRTP of its own, in Node.

It reads the DTLS alert at the end without decrypting it, so it notices the end only by chance.
"""

import pytest

from tests.clients import story
from tests.clients.film import MAIN
from tests.clients.house import House
from tests.clients.player import process

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]  # if it has to be installed first


async def test_werift_plays_picture_and_sound_through_switch_restart_and_all_clear(
    werift: list[str], house: House
) -> None:
    async with process([*werift, house.url, house.token]) as (player, _):
        await story.plays(house, player)
        await player.until(lambda: len(player.sounds) > 8000)  # a second of it
        await story.ends(house, player)


async def test_werift_plays_a_camera_without_sound_though_it_asks_for_it(
    werift: list[str], silent_house: House
) -> None:
    async with process([*werift, silent_house.url, silent_house.token]) as (player, _):
        await player.shows(MAIN, within=story.PATIENCE)
        assert not player.sounds
