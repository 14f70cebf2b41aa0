import asyncio
from typing import Any

import pytest

from gateway.audit.spool import Spool
from gateway.errors import Unavailable
from gateway.models import CloseReason, Role
from gateway.permission import GrantBasis
from tests.access.house import (
    COORDINATOR,
    OAK,
    OTHER_CAR,
    PATROL,
    House,
    no_grant,
    rename,
)


async def test_a_grant_covers_what_the_lockdown_opens_and_no_more(house: House) -> None:
    incident = await house.open()
    grant = await house.grants.give(PATROL, OAK)
    assert (grant.basis, grant.incident_id) == (GrantBasis.INCIDENT, incident.id)
    assert grant.camera_ids == {"oak-door", "oak-gym"}
    assert house.grants.living(grant.id) == grant


async def test_a_grant_is_on_disk_and_in_the_record_before_it_is_given(house: House) -> None:
    incident = await house.open()
    grant = await house.grants.give(PATROL, OAK, "192.0.2.7")
    row = await house.row(grant)
    assert (row.principal_id, row.incident_id, row.ended_at) == ("car-1", incident.id, None)
    (event,) = await house.records("grant_given")
    assert (event.principal, event.name, event.role) == ("car-1", "Car 1", Role.PATROL)
    assert (event.site, event.incident, event.origin_address) == ("oak", incident.id, "192.0.2.7")
    assert event.detail["legal_basis"] == "Agreement of 2023"
    assert event.detail["threat"] == incident.threat != ""
    assert event.detail["cameras"] == ["oak-door", "oak-gym"]


async def test_asking_again_even_many_times_at_once_gives_the_same_grant(house: House) -> None:
    await house.open()
    grants = await asyncio.gather(*(house.grants.give(PATROL, OAK) for _ in range(8)))
    assert len({grant.id for grant in grants}) == 1
    assert await house.rows() == 1
    assert (await house.grants.give(OTHER_CAR, OAK)).id != grants[0].id


async def test_standing_access_continues_during_an_incident(house: House) -> None:
    standing = await house.grants.give(PATROL, OAK)
    assert standing.basis is GrantBasis.STANDING
    assert standing.camera_ids == {"oak-door"}
    incident = await house.open()
    assert (await house.grants.give(PATROL, OAK)).basis is GrantBasis.INCIDENT
    await house.incidents.all_clear(incident.id, COORDINATOR)
    assert await house.grants.give(PATROL, OAK) == standing


async def test_while_no_record_can_be_written_holders_keep_access_and_nobody_new_is_let_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.open()
    grant = await house.grants.give(PATROL, OAK)

    def fail(*_: Any) -> None:
        raise OSError("No space left on device")

    await rename(house, "grants", "away")
    monkeypatch.setattr(Spool, "append", fail)
    assert await house.grants.give(PATROL, OAK) == grant
    refused = await no_grant(house, OTHER_CAR)
    assert isinstance(refused, Unavailable)
    assert "Nobody new is let in" in refused.detail
    assert house.db.owed.count == 0


async def test_a_grant_that_the_database_does_not_accept_is_given_once_its_record_is_on_disk_elsewhere(
    house: House,
) -> None:
    """A regression: an alarm on a full disk used to open no picture to anybody."""
    await house.open()
    await rename(house, "grants", "away")
    grant = await house.grants.give(OTHER_CAR, OAK)
    assert house.grants.living(grant.id) == grant
    await rename(house, "away", "grants")
    await house.db.owed.settle()
    await house.audit.catch_up()
    assert await house.rows() == 1
    assert [event.detail["grant"] for event in await house.records("grant_given")] == [grant.id]


async def test_grants_survive_a_restart_during_the_incident(house: House) -> None:
    incident = await house.open()
    grants = [await house.grants.give(principal, OAK) for principal in (PATROL, COORDINATOR)]
    again = await house.restart()
    assert [again.grants.living(grant.id) for grant in grants] == grants
    assert await again.grants.give(PATROL, OAK) == grants[0]
    await again.incidents.all_clear(incident.id, COORDINATOR)
    assert again.ended == [(grants[0].id, CloseReason.INCIDENT_ENDED)]
