"""A wall player opens pictures with its secret, and keeps them for as long as its grant lives."""

import functools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.config_loader import Loaded, load
from gateway.models import CloseReason, IncidentKind
from rig.example import ENVIRONMENT, ROOT
from tests.in_process import ENTRANCE, HALLWAY, LINCOLN, NURSE, OAK, Answer, House

SECRET, OTHER_SECRET = "wall-1-" + "s" * 32, "wall-2-" + "t" * 32
WALL = {"id": "wall-1", "name": "Wall 1", "role": "dispatcher", "sites": ["lincoln"], "secret": SECRET}
OTHER = {"id": "wall-2", "name": "Wall 2", "role": "patrol", "sites": ["oak"], "secret": OTHER_SECRET}
LIFETIME = 120.0


@functools.cache
def with_players() -> Loaded:
    """Return the example district with two wall players, one for each school."""
    changes: dict[str, object] = {"storage.spool_size": 64 * 1024, "players": [WALL, OTHER]}
    return load(ROOT / "config" / "sightline.yaml", changes, ENVIRONMENT)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path, with_players()) as running:
        yield running


async def offer(house: House, camera: str = HALLWAY, secret: str = SECRET) -> Answer:
    return await (await house.stranger()).offer(camera, secret)


async def plays(house: House, seconds: float) -> None:
    """Let time pass, with the gateway looking for what to renew as it does while it runs."""
    for _ in range(round(seconds / 10)):
        await house.clock.advance(10)
        await house.services.players.tick()


def ends_in(house: House) -> float:
    """Return how many seconds the only session has left."""
    asked = [opened.ends_at for opened in house.plane.opened] + [until for _, until in house.plane.renewed]
    return max(asked) - house.clock.monotonic()


async def test_a_wall_player_plays_by_its_secret_for_as_long_as_the_incident_is_open(house: House) -> None:
    incident = await house.lock_down()
    answer = await offer(house)
    assert answer.status == 201
    assert ends_in(house) == pytest.approx(LIFETIME, abs=1)

    await plays(house, 1800)
    assert 0 < ends_in(house) <= LIFETIME
    assert len(house.plane.renewed) > 1800 / LIFETIME
    assert house.plane.closed == []

    await house.all_clear(incident)
    await house.services.viewing.wait_closed()
    assert house.plane.closed == [("session-1", CloseReason.INCIDENT_ENDED)]
    renewals = len(house.plane.renewed)
    await plays(house, 300)
    assert len(house.plane.renewed) == renewals


async def test_its_pictures_and_their_renewal_are_on_record_under_its_name(house: House) -> None:
    incident = await house.lock_down()
    await offer(house)
    await plays(house, 600)
    await house.all_clear(incident)
    await house.services.viewing.wait_closed()

    [given] = await house.records("grant_given")
    [opened] = await house.records("view_opened")
    [began] = await house.records("view_renewal_began")
    [closed] = await house.records("view_closed")
    for record in (given, opened, began, closed):
        assert (record.event.principal, record.event.name) == ("player:wall-1", "Wall 1")
        assert record.event.incident == incident.id
    assert began.event.detail["grant"] == given.event.detail["grant"]
    assert (began.event.camera, began.event.detail["session"]) == (HALLWAY, "session-1")
    assert closed.event.reason == CloseReason.INCIDENT_ENDED
    assert closed.event.detail["renewals"] == len(house.plane.renewed)


async def test_before_an_incident_it_gets_no_more_than_a_person_of_its_role(house: House) -> None:
    assert (await offer(house, HALLWAY)).problem(403) == "no_incident"
    assert (await offer(house, NURSE)).problem(404) == "no_such_camera"
    assert (await offer(house, "no-such-camera")).problem(404) == "no_such_camera"
    assert (await offer(house, ENTRANCE)).status == 201


async def test_the_people_who_see_who_is_watching_see_it(house: House) -> None:
    await house.lock_down()
    coordinator = await house.sign_in("coordinator")
    page = await coordinator.events()
    await page.resume()
    await offer(house)
    house.plane.connected("session-1")
    told = await page.next_of("watchers")
    assert [(one["name"], one["camera"]) for one in told["watchers"]] == [("Wall 1", HALLWAY)]


async def test_it_can_be_enrolled_in_a_drill_and_sees_only_then(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    people = (await coordinator.get("/api/sites/lincoln/police")).json["people"]
    assert [person["id"] for person in people] == ["player:wall-1"]
    drill = await house.lock_down(LINCOLN, IncidentKind.DRILL)
    assert (await offer(house)).problem(403) == "not_enrolled"
    await house.all_clear(drill)
    await house.lock_down(LINCOLN, IncidentKind.DRILL, "player:wall-1")
    assert (await offer(house)).status == 201


async def test_another_schools_player_learns_nothing(house: House) -> None:
    await house.lock_down(OAK)
    assert (await offer(house, HALLWAY, OTHER_SECRET)).problem(404) == "no_such_camera"
    assert (await offer(house, "oak-hallway", OTHER_SECRET)).status == 201
