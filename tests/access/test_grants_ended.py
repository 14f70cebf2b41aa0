import asyncio
from datetime import date

import pytest

from gateway.auth.keys import KeyStore
from gateway.auth.tokens import TokenService
from gateway.errors import Forbidden
from gateway.models import CameraId, CloseReason, IncidentKind, Principal
from gateway.permission import Grant
from tests.access.house import (
    COORDINATOR,
    HEADQUARTERS,
    OAK,
    OTHER_CAR,
    PATROL,
    House,
    no_grant,
    rename,
    settings,
)


async def test_a_revocation_takes_effect_even_if_the_database_does_not_accept_it(house: House) -> None:
    await house.open()
    grant = await house.grants.give(PATROL, OAK)
    await rename(house, "grants", "away")
    assert await house.grants.revoke(grant.id, HEADQUARTERS) is False, "this house has not started its reserve file"
    assert house.grants.living(grant.id) is None
    await rename(house, "away", "grants")
    await house.db.owed.settle()
    again = await house.restart()
    assert again.grants.living(grant.id) is None
    assert isinstance(await no_grant(again), Forbidden)


@pytest.mark.parametrize("principal", [PATROL, HEADQUARTERS])
async def test_all_clear_ends_every_grant_of_the_incident_at_once(house: House, principal: Principal) -> None:
    incident = await house.open()
    grant = await house.grants.give(principal, OAK)
    coordinators = await house.grants.give(COORDINATOR, OAK)
    await house.incidents.all_clear(incident.id, COORDINATOR)
    assert house.ended == [(grant.id, CloseReason.INCIDENT_ENDED)]
    assert house.grants.living(grant.id) is None
    assert house.grants.living(coordinators.id) == coordinators


async def test_a_real_incident_ends_the_grants_of_a_drill_and_gives_new_ones(house: House) -> None:
    await house.open(IncidentKind.DRILL, frozenset({PATROL.id}))
    assert (await house.access.refusal(OTHER_CAR, CameraId("oak-gym"))).code == "not_enrolled"
    drill = await house.grants.give(PATROL, OAK)
    real = await house.open()
    assert house.ended == [(drill.id, CloseReason.INCIDENT_ENDED)]
    assert (await house.grants.give(PATROL, OAK)).incident_id == real.id
    assert (await house.grants.give(OTHER_CAR, OAK)).incident_id == real.id


async def test_a_new_incident_gives_a_new_grant(house: House) -> None:
    first = await house.ended_grant()
    second = await house.ended_grant()
    assert first.id != second.id
    assert house.grants.living(first.id) is None


async def test_a_grant_ends_with_its_incident_in_the_database_too(house: House) -> None:
    grant = await house.ended_grant()
    closed_at = house.clock.now()
    await house.clock.advance(60)
    await house.open()
    await house.grants.give(PATROL, OAK)
    row = await house.row(grant)
    assert (row.ended_at, row.end_reason) == (closed_at, "incident_ended")


@pytest.mark.parametrize("first", ["grant", "all_clear"])
async def test_all_clear_while_a_grant_is_being_written_leaves_no_grant_alive(house: House, first: str) -> None:
    standing = await house.grants.give(PATROL, OAK)
    incident = await house.open()
    # Both must wait for the writer here, and then go in order of arrival.
    async with asyncio.TaskGroup() as group, house.db.session():
        if first == "grant":
            given = group.create_task(house.grants.give(PATROL, OAK))
            await house.clock.settle()
            group.create_task(house.incidents.all_clear(incident.id, COORDINATOR))
        else:
            group.create_task(house.incidents.all_clear(incident.id, COORDINATOR))
            await house.clock.settle()
            given = group.create_task(house.grants.give(PATROL, OAK))
        await house.clock.settle()
        assert given.done() == (first != "grant"), (
            "an all clear takes effect at once, so nothing after it gets a new grant"
        )
    grant = given.result()
    assert grant == standing or (first == "grant" and house.grants.living(grant.id) is None)
    again = await house.restart()
    assert grant == standing or again.grants.living(grant.id) is None


async def test_a_bug_in_one_listener_does_not_keep_other_grants_alive(house: House) -> None:
    def bug(grant: Grant, reason: CloseReason) -> None:
        raise ZeroDivisionError

    house.grants.on_ended(bug)
    incident = await house.open()
    grants = [await house.grants.give(principal, OAK) for principal in (PATROL, OTHER_CAR)]
    await house.incidents.all_clear(incident.id, COORDINATOR)
    assert [house.grants.living(grant.id) for grant in grants] == [None, None]
    assert len(house.ended) == 2


async def test_a_revoked_grant_ends_at_once_and_is_not_given_again_under_its_incident(house: House) -> None:
    incident = await house.open()
    grant = await house.grants.give(PATROL, OAK)
    await house.grants.revoke(grant.id, HEADQUARTERS)
    assert house.ended == [(grant.id, CloseReason.REVOKED)]
    for each in (house, await house.restart()):
        assert each.grants.living(grant.id) is None
        assert (await no_grant(each)).code == "revoked"
        assert await each.grants.give(OTHER_CAR, OAK)
    (event,) = await house.records("grant_revoked")
    assert (event.principal, event.incident, event.detail["of"]) == ("hq-1", incident.id, "car-1")


async def test_a_revocation_does_not_outlive_its_incident(house: House) -> None:
    incident = await house.open()
    grant = await house.grants.give(PATROL, OAK)
    await house.grants.revoke(grant.id, HEADQUARTERS)
    await house.incidents.all_clear(incident.id, COORDINATOR)
    await house.open()
    assert await house.grants.give(PATROL, OAK)
    assert await (await house.restart()).grants.give(PATROL, OAK)


async def test_revoked_standing_access_returns_after_a_shift_and_never_blocks_a_lockdown(house: House) -> None:
    grant = await house.grants.give(PATROL, OAK)
    await house.grants.revoke(grant.id, HEADQUARTERS)
    await house.clock.advance(12 * 3600 - 1)
    for each in (house, await house.restart()):
        assert (await no_grant(each)).code == "revoked"
    incident = await house.open()
    assert await house.grants.give(PATROL, OAK)
    await house.incidents.all_clear(incident.id, COORDINATOR)
    await house.clock.advance(1)
    assert await house.grants.give(PATROL, OAK)


async def test_revoking_an_ended_grant_is_not_an_error(house: House) -> None:
    await house.grants.revoke("no-such-grant", HEADQUARTERS)
    assert house.ended == []


async def test_grants_of_an_incident_that_is_over_do_not_come_back(house: House) -> None:
    grant = await house.ended_grant()
    again = await house.restart()
    assert again.grants.living(grant.id) is None
    assert (await house.row(grant)).end_reason == "incident_ended"


@pytest.mark.parametrize(
    "narrowing",
    [
        {"cameras": {"oak-gym": "never"}},
        {"roles": ["dispatcher"]},
        {"kinds": ["drill"], "always_without_incident": False},
        {"valid_until": date(2023, 11, 13)},
    ],
)
async def test_a_restart_ends_grants_that_a_narrower_agreement_no_longer_gives(
    house: House, narrowing: dict[str, object]
) -> None:
    await house.open()
    grant = await house.grants.give(PATROL, OAK)
    again = await house.restart(**narrowing)
    assert again.grants.living(grant.id) is None
    assert (await house.row(grant)).end_reason == "not_in_agreement"


async def test_a_token_is_worthless_after_all_clear(house: House) -> None:
    keys = KeyStore(house.db, house.clock)
    await keys.start()
    tokens = TokenService(keys, settings().tokens, "https://sightline.example", house.clock)
    incident = await house.open()
    grant = await house.grants.give(PATROL, OAK)
    claims = tokens.verify(tokens.issue(PATROL, grant, "s-1").token)
    assert house.grants.living(claims.grant_id) == grant
    await house.incidents.all_clear(incident.id, COORDINATOR)
    assert house.grants.living(claims.grant_id) is None
    assert (await house.restart()).grants.living(claims.grant_id) is None
