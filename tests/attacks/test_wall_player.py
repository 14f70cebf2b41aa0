"""A wall player's secret is stolen, guessed, or used for more than it is for."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.api.admission.limits import DEAR, PLAYERS
from gateway.api.admission.throttle import whose
from gateway.auth.principals import is_player
from gateway.commands.sign_out import end, wait_closed
from gateway.models import CloseReason, IncidentKind
from tests.fakes import FakeClock
from tests.in_process import ENTRANCE, HALLWAY, LINCOLN, OAK, PEOPLE, House
from tests.wall_players import LIFETIME, OTHER_SECRET, SECRET, offer, plays, with_players, with_wall


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path, with_players()) as running:
        yield running


@pytest.mark.parametrize(
    "wrong", [SECRET + "s", SECRET[:-1], SECRET.upper(), "player:wall-1", "wall-1", "x" * 40, "${SECRET}"]
)
async def test_a_wrong_secret_opens_nothing_and_is_recorded(house: House, wrong: str) -> None:
    await house.lock_down()
    assert (await offer(house, HALLWAY, wrong)).problem(401) == "token_invalid"
    assert house.plane.opened == []
    [refused] = await house.records("token_refused")
    assert (refused.event.reason, refused.event.origin_address) == ("token_invalid", "127.0.0.1")
    assert wrong not in str(refused.as_dict())


async def test_the_secret_of_another_schools_player_opens_nothing_here(house: House) -> None:
    await house.lock_down()
    for camera in (HALLWAY, ENTRANCE, "no-such-camera"):
        assert (await offer(house, camera, OTHER_SECRET)).problem(404) == "no_such_camera"
    assert house.plane.opened == []
    refused = await house.records("view_refused")
    assert {record.event.name for record in refused} == {"Wall 2"}


async def test_the_secret_is_useful_only_in_an_offer(house: House) -> None:
    """It opens no page, no event channel and no list, however it is sent, and renews no picture."""
    await house.lock_down()
    location = (await offer(house)).headers["Location"]
    thief = await house.stranger()
    bearer = {"Authorization": f"Bearer {SECRET}", "X-Sightline": "1"}
    mark = 'sightline="standing:' + SECRET + '"'
    for headers in (bearer, {"Cookie": f"sightline={SECRET}", "X-Sightline": "1"}, {"Cookie": mark}):
        for path in ("/api/me", "/api/sites", "/api/record", "/api/cameras", "/api/sites/lincoln/plan"):
            assert (await thief.get(path, headers=headers)).problem(401) == "sign_in_needed"
        assert (await thief.request("GET", "/api/events", headers=headers)).status in {400, 401, 403}
    for path, body in (("/api/tokens", {"site": "lincoln"}), ("/api/incidents", {"site": "lincoln", "kind": "real"})):
        assert (await thief.post(path, body, **bearer)).problem(401) == "sign_in_needed"
    assert (await thief.request("POST", f"{location}/token", headers=bearer)).problem(401) == "token_invalid"


async def test_after_all_clear_the_secret_opens_nothing(house: House) -> None:
    incident = await house.lock_down()
    await offer(house)
    await house.all_clear(incident)
    await house.services.viewing.wait_closed()
    assert house.plane.closed == [("session-1", CloseReason.INCIDENT_ENDED)]
    assert (await offer(house)).problem(403) == "no_incident"
    await plays(house, 2 * LIFETIME)
    assert len(house.plane.opened) == 1


async def test_a_new_incident_does_not_revive_pictures_of_an_earlier_one(house: House) -> None:
    """A grant of another incident is another grant: the player must make a new offer."""
    first = await house.lock_down()
    await offer(house)
    await house.all_clear(first)
    second = await house.lock_down()
    await plays(house, LIFETIME)
    assert house.plane.closed == [("session-1", CloseReason.INCIDENT_ENDED)]
    assert house.plane.renewed == []
    assert (await offer(house)).status == 201
    opened = await house.records("view_opened")
    assert {record.event.incident for record in opened} == {first.id, second.id}


async def test_a_real_incident_that_replaces_a_drill_ends_the_drills_pictures(house: House) -> None:
    await house.lock_down(LINCOLN, IncidentKind.DRILL, "player:wall-1")
    assert (await offer(house)).status == 201
    await house.lock_down()
    await house.services.viewing.wait_closed()
    assert house.plane.closed == [("session-1", CloseReason.INCIDENT_ENDED)]
    assert (await offer(house)).status == 201


async def test_a_revoked_grant_ends_its_pictures_and_its_offers(house: House) -> None:
    await house.lock_down()
    await offer(house)
    [given] = await house.records("grant_given")
    await house.services.grants.revoke(given.event.detail["grant"], PEOPLE["headquarters"])
    await house.services.viewing.wait_closed()
    assert house.plane.closed == [("session-1", CloseReason.REVOKED)]
    assert (await offer(house)).problem(403) == "revoked"


async def test_a_player_signed_out_by_name_goes_dark_within_a_second_and_stays_out(tmp_path: Path) -> None:
    """Somebody has copied its secret: the command that ends a stolen laptop's pictures ends these too."""
    clock = FakeClock()
    async with House(tmp_path, with_players(), clock) as house:
        await house.lock_down()
        await offer(house)
        ended = await end(house.database, house.loaded.settings, "Wall 1", "op", clock)
        assert len(ended.sign_ins) == 1
        assert [is_player(person.id) for person in ended.whose] == [True], "so the command says that it stays out"
        await house.services.sign_ins.tick()  # which ``run`` does twice a second
        assert house.plane.closed == [("session-1", CloseReason.SIGNED_OUT)]
        told = await wait_closed(house.database, ended, clock, lambda: 0.0, LIFETIME)
        assert told == "The gateway has closed 1 picture and 0 pages."
        [given] = await house.records("grant_given")
        assert house.services.grants.living(given.event.detail["grant"]) is None

        assert (await offer(house)).problem(401) == "signed_out"
        [refused] = await house.records("player_refused")
        assert (refused.event.name, refused.event.reason) == ("Wall 1", "signed_out")
        assert (await offer(house, "oak-main-entrance", OTHER_SECRET)).status == 201, "the other player is not affected"
    async with House(tmp_path, with_players(), clock) as house:
        assert (await offer(house)).problem(401) == "signed_out", "not even a restart lets it in"
    new = "wall-1-" + "n" * 32
    async with House(tmp_path, with_wall(secret=new), clock) as house:
        assert (await offer(house)).problem(401) == "token_invalid"
        assert (await offer(house, HALLWAY, new)).status == 201


async def test_a_player_that_is_no_longer_configured_is_unknown(tmp_path: Path) -> None:
    async with House(tmp_path, with_players()) as house:
        assert len(await house.services.sessions.living_of("Wall 1")) == 1
    async with House(tmp_path) as house:
        await house.lock_down()
        assert (await offer(house)).problem(401) == "token_invalid"
        assert await house.services.sessions.living_of("Wall 1") == []


async def test_a_stolen_secret_is_useless_outside_the_players_network(tmp_path: Path) -> None:
    async with House(tmp_path, with_wall(addresses=["10.2.0.0/16", "fd00::/8"])) as house:
        await house.lock_down()
        thief = await offer(house)
        wrong = await offer(house, HALLWAY, "x" * 40)
        assert thief.problem(401) == "token_invalid"
        assert thief.body == wrong.body, "the thief does not learn that the secret is right"
        [refused] = await house.records("player_refused")
        assert (refused.event.name, refused.event.reason) == ("Wall 1", "another_address")
        assert refused.event.origin_address == "127.0.0.1"
    async with House(tmp_path, with_wall(addresses=["127.0.0.1"])) as house:
        assert (await offer(house)).status == 201


@pytest.mark.parametrize(
    ("address", "owner"), [("10.2.0.7", "player:wall-1"), ("fd00::7", "player:wall-1"), ("192.0.2.1", None)]
)
async def test_a_stolen_secret_does_not_help_a_flood_from_elsewhere_past_other_newcomers(
    tmp_path: Path, address: str, owner: str | None
) -> None:
    async with House(tmp_path, with_wall(addresses=["10.2.0.0/16", "fd00::/8"])) as house:
        head = f"POST /whep/{HALLWAY} HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n\r\n".encode()
        assert whose(house.services)(head, address) == owner


async def test_a_players_pictures_end_with_the_agreement(tmp_path: Path) -> None:
    clock = FakeClock()
    last = datetime.fromtimestamp(clock.now(), UTC).date()
    midnight = datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC).timestamp()
    loaded = with_wall(**{"agreements.0.valid_until": last.isoformat()})
    async with House(tmp_path, loaded, clock) as house:
        await house.lock_down()
        await house.services.grants.end_with_agreements()
        await clock.advance(midnight - clock.now() - 5)
        await offer(house)
        await house.services.grants.end_with_agreements()
        assert house.plane.closed == []
        await clock.advance(5)
        await house.services.grants.end_with_agreements()
        await house.services.viewing.wait_closed()
        assert house.plane.closed == [("session-1", CloseReason.AGREEMENT_ENDED)]
        assert (await offer(house)).problem(403) == "not_in_agreement"


async def test_a_wall_that_asks_again_and_again_never_has_to_wait_for_its_picture(house: House) -> None:
    """Sixty-four tiles, each of which tries again every five seconds, before the alarm."""
    device = await house.stranger()
    for _ in range(3):
        for _ in range(64):
            assert (await device.offer(HALLWAY, SECRET)).problem(403) == "no_incident"
        await house.clock.advance(5)
    assert PLAYERS[1] > 64 * DEAR / 5
    await house.lock_down()
    assert (await device.offer(HALLWAY, SECRET)).status == 201
    assert len(await house.records("view_refused")) < 5, "refusals that are alike are merged"


async def test_no_secret_is_in_the_record_or_in_metrics(house: House) -> None:
    await house.lock_down(OAK)
    await house.lock_down()
    await offer(house)
    await offer(house, "oak-hallway", OTHER_SECRET)
    await plays(house, 300)
    written = "".join(str(record.as_dict()) for record in await house.services.audit.read(limit=1000))
    assert SECRET not in written
    assert OTHER_SECRET not in written
    assert "eyJ" not in written
