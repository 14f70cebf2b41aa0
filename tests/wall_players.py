"""The example district with two wall players, one for each school, and what tests do with them."""

import functools

from gateway.config_loader import Loaded, load
from rig.example import ENVIRONMENT, ROOT
from tests.in_process import HALLWAY, Answer, House

SECRET, OTHER_SECRET = "wall-1-" + "s" * 32, "wall-2-" + "t" * 32
WALL = {"id": "wall-1", "name": "Wall 1", "role": "dispatcher", "sites": ["lincoln"], "secret": SECRET}
OTHER = {"id": "wall-2", "name": "Wall 2", "role": "patrol", "sites": ["oak"], "secret": OTHER_SECRET}
LIFETIME = 120.0


@functools.cache
def with_players() -> Loaded:
    """Return the example district with both players."""
    return with_wall()


def with_wall(**changed: object) -> Loaded:
    """Return the same with changes to the first player. The changes may also be to other keys, with dots."""
    wall = WALL | {key: value for key, value in changed.items() if "." not in key}
    others = {key: value for key, value in changed.items() if "." in key}
    changes = {"storage.spool_size": 64 * 1024, "players": [wall, OTHER], **others}
    return load(ROOT / "config" / "sightline.yaml", changes, ENVIRONMENT)


async def offer(house: House, camera: str = HALLWAY, secret: str = SECRET) -> Answer:
    """Make a player's offer, over a connection without any cookie."""
    return await (await house.stranger()).offer(camera, secret)


async def plays(house: House, seconds: float) -> None:
    """Let time pass, with the gateway looking for sessions to renew as it does while it runs."""
    for _ in range(round(seconds / 10)):
        await house.clock.advance(10)
        await house.services.players.tick()
