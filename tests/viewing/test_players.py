"""A wall player opens pictures with its secret, and keeps them for as long as its grant lives."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.models import CloseReason, IncidentKind
from tests.fakes import FakeClock
from tests.in_process import ENTRANCE, HALLWAY, LINCOLN, NURSE, OAK, House
from tests.wall_players import LIFETIME, OTHER_SECRET, offer, plays, with_players, with_wall


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path, with_players()) as running:
        yield running


def ends_in(house: House) -> float:
    """Return how many seconds the only session has left."""
    asked = [opened.ends_at for opened in house.plane.opened] + [until for _, until in house.plane.renewed]
    return max(asked) - house.clock.monotonic()


async def test_a_wall_player_plays_with_its_secret_for_as_long_as_the_incident_is_open(house: House) -> None:
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


async def test_its_pictures_and_their_renewal_are_recorded_under_its_name(house: House) -> None:
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


async def test_before_an_incident_it_gets_no_more_than_a_person_with_its_role(house: House) -> None:
    assert (await offer(house, HALLWAY)).problem(403) == "no_incident"
    assert (await offer(house, NURSE)).problem(404) == "no_such_camera"
    assert (await offer(house, "no-such-camera")).problem(404) == "no_such_camera"
    assert (await offer(house, ENTRANCE)).status == 201


async def test_people_who_can_see_who_is_watching_can_see_it_too(house: House) -> None:
    await house.lock_down()
    coordinator = await house.sign_in("coordinator")
    page = await coordinator.events()
    await page.resume()
    await offer(house)
    house.plane.connected("session-1")
    told = await page.next_of("watchers")
    assert [(one["name"], one["camera"]) for one in told["watchers"]] == [("Wall 1", HALLWAY)]


async def test_it_sees_a_drill_only_if_it_is_enrolled(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    people = (await coordinator.get("/api/sites/lincoln/police")).json["people"]
    assert [person["id"] for person in people] == ["player:wall-1"]
    drill = await house.lock_down(LINCOLN, IncidentKind.DRILL)
    assert (await offer(house)).problem(403) == "not_enrolled"
    await house.all_clear(drill)
    await house.lock_down(LINCOLN, IncidentKind.DRILL, "player:wall-1")
    assert (await offer(house)).status == 201


async def test_another_schools_player_is_told_nothing(house: House) -> None:
    await house.lock_down(OAK)
    assert (await offer(house, HALLWAY, OTHER_SECRET)).problem(404) == "no_such_camera"
    assert (await offer(house, "oak-hallway", OTHER_SECRET)).status == 201


async def test_an_exterior_picture_under_the_agreement_outlives_an_incident(house: House) -> None:
    """Its grant is the standing one, and that is the one with which it is renewed."""
    assert (await offer(house, ENTRANCE)).status == 201
    incident = await house.lock_down()
    await plays(house, 300)
    await house.all_clear(incident)
    await plays(house, 300)
    assert house.plane.closed == []
    assert ends_in(house) > 0


async def test_one_failure_of_the_database_does_not_end_a_picture(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.lock_down()
    await offer(house)
    with monkeypatch.context() as broken:

        async def fail(_: object) -> None:
            raise StorageError("the disk is full")

        broken.setattr(house.services.sessions, "by_id", fail)
        await plays(house, 0.6 * LIFETIME)
        assert house.plane.renewed == []
    await plays(house, 10)
    assert len(house.plane.renewed) == 1


async def test_a_picture_that_its_player_has_left_is_no_longer_renewed(house: House) -> None:
    await house.lock_down()
    location = (await offer(house)).headers["Location"]
    await (await house.stranger()).request("DELETE", location)
    await plays(house, 300)
    assert house.plane.renewed == []
    [closed] = await house.records("view_closed")
    assert (closed.event.reason, closed.event.detail["renewals"]) == (CloseReason.VIEWER_LEFT, 0)


async def test_a_player_stays_signed_in_through_a_shift_and_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    async with House(tmp_path, with_players(), clock) as house:
        await house.lock_down()
        wall = await house.services.sessions.living_of("Wall 1")
        assert len(wall) == 1
        await clock.advance(13 * 3600)
    async with House(tmp_path, with_players(), clock) as house:
        await house.lock_down()
        assert await house.services.sessions.living_of("Wall 1") == wall
        assert (await offer(house)).status == 201


async def test_changes_in_a_players_configuration_apply_from_the_next_start(tmp_path: Path) -> None:
    async with House(tmp_path, with_players()) as house:
        [before] = await house.services.sessions.living_of("player:wall-1")
    async with House(tmp_path, with_wall(name="Wall of the annex", role="headquarters")) as house:
        [after] = await house.services.sessions.living_of("player:wall-1")
        assert after.id == before.id
        assert (after.principal.name, after.principal.role) == ("Wall of the annex", "headquarters")
        await house.lock_down()
        assert (await offer(house)).status == 201
        assert [record.event.name for record in await house.records("view_opened")] == ["Wall of the annex"]
