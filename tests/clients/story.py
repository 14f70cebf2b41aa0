"""Takes a viewer through the main stream, the substream when the link is too slow, a restart of the camera, and all
clear.
"""

from gateway.models import CloseReason
from tests.clients.film import MAIN, SUB
from tests.clients.house import House
from tests.clients.player import Player

LINK = 500_000
"""Bits per second: less than a third of the main stream, and several times the substream."""
PATIENCE = 30.0
"""Seconds to wait for something that usually takes half a second. On a busy machine, a viewer that gets no processor
time looks like one behind a slow link, and gets the main stream only when the gateway tries it again.
"""


async def plays(house: House, player: Player) -> None:
    """Check that the viewer plays the whole story."""
    await player.shows(MAIN, within=PATIENCE)
    house.carries(LINK)
    await player.shows(SUB, within=PATIENCE)
    first = house.session().id
    await house.camera.restart(away=0.7)
    await player.shows(SUB, within=PATIENCE)
    assert house.session().id == first, "one session through all of it"


async def ends(house: House, player: Player) -> None:
    """End the incident. Check that the viewer shows nothing new and that the record says why."""
    await house.all_clear()
    assert house.media.plane.sessions() == ()
    assert await house.ends_of_views() == [CloseReason.INCIDENT_ENDED]
