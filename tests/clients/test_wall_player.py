"""Viewers that know no renewal, as wall players: they play on past the life of a token, and all clear cuts them off."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.models import CloseReason
from tests.clients import story
from tests.clients.film import MAIN
from tests.clients.house import House, playing_house
from tests.clients.player import Player, process
from tests.clients.test_mediamtx import reading
from tests.wall_players import SECRET, WALL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]  # if a viewer has to be built first

LIFETIME = 4.0
"""Seconds that a token lives here."""
LAST_PACKET_WITHIN = 1.0
"""Seconds from all clear: docs/permission.md."""


@pytest.fixture
async def wall_house(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose token is a wall player's secret."""
    async with playing_house(tmp_path, more={"players": [WALL], "tokens.lifetime": LIFETIME}) as house:
        yield replace(house, token=SECRET)


async def plays_until_all_clear(house: House, player: Player) -> None:
    """Check that a viewer plays for several token lifetimes, and that all clear soon ends it."""
    now = asyncio.get_running_loop().time
    await player.shows(MAIN, within=story.PATIENCE)
    first, began = house.session(), now()
    await player.until(lambda: now() > began + 3 * LIFETIME, 3 * LIFETIME + story.PATIENCE)
    await player.shows(MAIN, within=story.PATIENCE)
    assert house.session() is first, "one session through the lives of several tokens"
    [viewing] = house.services.viewing.viewings()
    assert (viewing.principal.name, viewing.renewals >= 3) == ("Wall 1", True)

    pressed = now()
    await house.all_clear()
    assert now() - pressed < LAST_PACKET_WITHIN
    assert house.media.plane.sessions() == ()
    sent = first.packets
    assert await house.ends_of_views() == [CloseReason.INCIDENT_ENDED]
    await player.until(lambda: player.states[-1:] == ["closed"])
    assert first.packets == sent


async def test_pion_plays_past_the_life_of_a_token_and_is_cut_off_by_all_clear(pion: str, wall_house: House) -> None:
    async with process([pion, wall_house.url, wall_house.token]) as (player, _):
        await plays_until_all_clear(wall_house, player)


async def test_mediamtx_plays_past_the_life_of_a_token_and_is_cut_off_by_all_clear(
    mediamtx: str, wall_house: House, tmp_path: Path
) -> None:
    async with reading(mediamtx, wall_house, tmp_path) as player:
        await plays_until_all_clear(wall_house, player)
