"""What each viewer goes through: the main stream, the substream when the link is too slow, a restart of the camera, and
all clear."""

from gateway.models import CloseReason
from tests.clients.film import MAIN, SUB
from tests.clients.house import House
from tests.clients.player import Player

OVER = 3.0
"""Seconds within which a viewer shows nothing new after all clear."""


async def plays(house: House, player: Player) -> None:
    """The viewer is seen to play the whole story."""
    await player.shows(MAIN, within=15)
    house.carries(0.3)
    await player.shows(SUB)
    first = house.session().id
    await house.camera.restart(away=0.7)
    await player.shows(SUB)
    assert house.session().id == first, "one session through all of it"


async def ends(house: House, player: Player) -> None:
    """All clear ends it: nothing new is shown, and the record says why."""
    await house.all_clear()
    assert house.media.plane.sessions() == ()
    assert await house.ends_of_views() == [CloseReason.INCIDENT_ENDED]
