import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from gateway.access.service import AccessService
from gateway.audit.log import AuditLog
from gateway.audit.record import AuditEvent
from gateway.audit.spool import Spool
from gateway.auth.keys import KeyStore
from gateway.auth.tokens import TokenService
from gateway.configuration.settings import Settings
from gateway.errors import ClientError, Forbidden, NotFound, Unavailable
from gateway.incidents.changes import Trigger
from gateway.incidents.service import IncidentService
from gateway.metrics import Metrics
from gateway.models import (
    Action,
    CameraId,
    CloseReason,
    Grant,
    GrantBasis,
    Incident,
    IncidentKind,
    Origin,
    Principal,
    Role,
    SiteId,
)
from gateway.storage.database import Database, sqlite_url
from gateway.storage.tables import GrantRow
from tests.fakes import FakeClock

OAK, ELM = SiteId("oak"), SiteId("elm")
PATROL = Principal("car-1", "Car 1", Role.PATROL)
OTHER_CAR = Principal("car-2", "Car 2", Role.PATROL)
HEADQUARTERS = Principal("hq-1", "HQ", Role.HEADQUARTERS)
COORDINATOR = Principal("c-1", "Ms. Ruiz", Role.COORDINATOR, frozenset({OAK}))
TECHNICIAN = Principal("it-1", "IT", Role.DISTRICT_IT)


def camera(name: str) -> dict[str, object]:
    return {"id": name, "name": name, "main": {"url": f"rtsp://127.0.0.1/{name}"}}


def settings(**narrowing: object) -> Settings:
    agreement = {
        "site": "oak",
        "legal_basis": "Agreement of 2023",
        "cameras": {"oak-door": "always", "oak-nurse": "never"},
        **narrowing,
    }
    cameras = [camera("oak-door"), camera("oak-gym"), camera("oak-nurse")]
    oak = {"id": "oak", "name": "Oak", "plan": "/oak.geojson", "cameras": cameras}
    elm = {"id": "elm", "name": "Elm", "plan": "/elm.geojson", "cameras": [camera("elm-door")]}
    return Settings.model_validate({"district": "Riverside", "sites": [oak, elm], "agreements": [agreement]})


class House:
    """The services behind access, started on one database as the server starts them."""

    def __init__(self, db: Database, clock: FakeClock, chosen: Settings) -> None:
        self.db = db
        self.clock = clock
        self.metrics = Metrics()
        self.audit = AuditLog(db, clock, self.metrics)
        self.incidents = IncidentService(db, chosen.incidents, clock, self.metrics, self.audit)
        self.access = AccessService(db, self.incidents, chosen, clock, self.metrics, self.audit)
        self.ended: list[tuple[str, CloseReason]] = []
        self.access.on_grant_ended(lambda grant, reason: self.ended.append((grant.id, reason)))

    async def start(self) -> "House":
        await self.incidents.start()
        await self.access.start()
        return self

    async def restart(self, **narrowing: object) -> "House":
        return await House(self.db, self.clock, settings(**narrowing)).start()

    async def open(self, kind: IncidentKind = IncidentKind.REAL, enrolled: frozenset[str] = frozenset()) -> Incident:
        return (
            await self.incidents.triggers.enter(Trigger(OAK, kind, Origin("console", "Ms. Ruiz"), enrolled))
        ).incident

    async def ended_grant(self) -> Grant:
        """A grant that was given and has ended with all clear."""
        incident = await self.open()
        grant = await self.access.grant_for(PATROL, OAK)
        await self.incidents.all_clear(incident.id, COORDINATOR)
        return grant

    async def records(self, kind: str) -> list[AuditEvent]:
        return [record.event for record in await self.audit.read() if record.event.kind == kind]

    def refusals(self, reason: str) -> float | None:
        return self.metrics.registry.get_sample_value("sightline_refusals_total", {"reason": reason})

    async def row(self, grant: Grant) -> GrantRow:
        async with self.db.reading() as session:
            return (await session.scalars(select(GrantRow).where(GrantRow.id == grant.id))).one()

    async def rows(self) -> int:
        async with self.db.reading() as session:
            return (await session.scalars(select(func.count()).select_from(GrantRow))).one()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(tmp_path / "sightline.db"))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def house(db: Database) -> House:
    return await House(db, FakeClock(), settings()).start()


async def no_grant(house: House, principal: Principal = PATROL, site: SiteId = OAK) -> ClientError:
    with pytest.raises(ClientError) as refused:
        await house.access.grant_for(principal, site, "192.0.2.7")
    return refused.value


# Given


async def test_a_grant_covers_what_the_lockdown_opens_and_no_more(house: House) -> None:
    incident = await house.open()
    grant = await house.access.grant_for(PATROL, OAK)
    assert (grant.basis, grant.incident_id) == (GrantBasis.INCIDENT, incident.id)
    assert grant.camera_ids == {"oak-door", "oak-gym"}
    assert house.access.living(grant.id) == grant


async def test_a_grant_is_on_disk_and_in_the_record_before_it_is_given(house: House) -> None:
    incident = await house.open()
    grant = await house.access.grant_for(PATROL, OAK, "192.0.2.7")
    row = await house.row(grant)
    assert (row.principal_id, row.incident_id, row.ended_at) == ("car-1", incident.id, None)
    (event,) = await house.records("grant_given")
    assert (event.principal, event.name, event.role) == ("car-1", "Car 1", Role.PATROL)
    assert (event.site, event.incident, event.origin_address) == ("oak", incident.id, "192.0.2.7")
    assert event.detail["legal_basis"] == "Agreement of 2023"
    assert event.detail["threat"] == incident.threat != ""
    assert event.detail["cameras"] == ["oak-door", "oak-gym"]


async def test_asking_again_gives_the_living_grant_also_to_many_at_once(house: House) -> None:
    await house.open()
    grants = await asyncio.gather(*(house.access.grant_for(PATROL, OAK) for _ in range(8)))
    assert len({grant.id for grant in grants}) == 1
    assert await house.rows() == 1
    assert (await house.access.grant_for(OTHER_CAR, OAK)).id != grants[0].id


async def test_standing_access_goes_on_beside_an_incident(house: House) -> None:
    standing = await house.access.grant_for(PATROL, OAK)
    assert standing.basis is GrantBasis.STANDING
    assert standing.camera_ids == {"oak-door"}
    incident = await house.open()
    assert (await house.access.grant_for(PATROL, OAK)).basis is GrantBasis.INCIDENT
    await house.incidents.all_clear(incident.id, COORDINATOR)
    assert await house.access.grant_for(PATROL, OAK) == standing


async def test_while_no_disk_takes_a_record_holders_go_on_and_nobody_new_is_let_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.open()
    grant = await house.access.grant_for(PATROL, OAK)

    def fail(*_: Any) -> None:
        raise OSError("No space left on device")

    await rename(house, "grants", "away")
    monkeypatch.setattr(Spool, "append", fail)
    assert await house.access.grant_for(PATROL, OAK) == grant
    refused = await no_grant(house, OTHER_CAR)
    assert isinstance(refused, Unavailable)
    assert "Nobody new is let in" in refused.detail
    assert house.db.owed.count == 0


async def test_a_grant_that_the_database_does_not_take_is_given_once_its_record_is_on_disk_elsewhere(
    house: House,
) -> None:
    """Before, an alarm on a full disk opened no picture to anybody."""
    await house.open()
    await rename(house, "grants", "away")
    grant = await house.access.grant_for(OTHER_CAR, OAK)
    assert house.access.living(grant.id) == grant
    await rename(house, "away", "grants")
    await house.db.owed.settle()
    await house.audit.catch_up()
    assert await house.rows() == 1
    assert [event.detail["grant"] for event in await house.records("grant_given")] == [grant.id]


async def test_a_revocation_holds_although_the_database_does_not_take_it(house: House) -> None:
    await house.open()
    grant = await house.access.grant_for(PATROL, OAK)
    await rename(house, "grants", "away")
    assert await house.access.revoke(grant.id, HEADQUARTERS) is False, "this house has not started its reserve file"
    assert house.access.living(grant.id) is None
    await rename(house, "away", "grants")
    await house.db.owed.settle()
    again = await house.restart()
    assert again.access.living(grant.id) is None
    assert isinstance(await no_grant(again), Forbidden)


async def rename(house: House, old: str, new: str) -> None:
    async with house.db.session() as session:
        await session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


# Ended


@pytest.mark.parametrize("principal", [PATROL, HEADQUARTERS])
async def test_all_clear_ends_every_grant_of_the_incident_at_once(house: House, principal: Principal) -> None:
    incident = await house.open()
    grant = await house.access.grant_for(principal, OAK)
    coordinators = await house.access.grant_for(COORDINATOR, OAK)
    await house.incidents.all_clear(incident.id, COORDINATOR)
    assert house.ended == [(grant.id, CloseReason.INCIDENT_ENDED)]
    assert house.access.living(grant.id) is None
    assert house.access.living(coordinators.id) == coordinators


async def test_a_real_incident_ends_a_drills_grants_and_gives_new_ones(house: House) -> None:
    await house.open(IncidentKind.DRILL, frozenset({PATROL.id}))
    assert (await house.access.refusal(OTHER_CAR, CameraId("oak-gym"))).code == "not_enrolled"
    drill = await house.access.grant_for(PATROL, OAK)
    real = await house.open()
    assert house.ended == [(drill.id, CloseReason.INCIDENT_ENDED)]
    assert (await house.access.grant_for(PATROL, OAK)).incident_id == real.id
    assert (await house.access.grant_for(OTHER_CAR, OAK)).incident_id == real.id


async def test_a_new_incident_gives_a_new_grant(house: House) -> None:
    first = await house.ended_grant()
    second = await house.ended_grant()
    assert first.id != second.id
    assert house.access.living(first.id) is None


async def test_the_end_of_a_grant_is_that_of_its_incident_in_the_database_too(house: House) -> None:
    grant = await house.ended_grant()
    closed_at = house.clock.now()
    await house.clock.advance(60)
    await house.open()
    await house.access.grant_for(PATROL, OAK)
    row = await house.row(grant)
    assert (row.ended_at, row.end_reason) == (closed_at, "incident_ended")


@pytest.mark.parametrize("first", ["grant", "all_clear"])
async def test_all_clear_while_a_grant_is_being_written_leaves_none_alive(house: House, first: str) -> None:
    standing = await house.access.grant_for(PATROL, OAK)
    incident = await house.open()
    # Both must wait for the writer here, and then go in their order.
    async with asyncio.TaskGroup() as group, house.db.session():
        if first == "grant":
            given = group.create_task(house.access.grant_for(PATROL, OAK))
            await house.clock.settle()
            group.create_task(house.incidents.all_clear(incident.id, COORDINATOR))
        else:
            group.create_task(house.incidents.all_clear(incident.id, COORDINATOR))
            await house.clock.settle()
            given = group.create_task(house.access.grant_for(PATROL, OAK))
        await house.clock.settle()
        assert given.done() == (first != "grant"), "an all clear holds at once, so what follows it needs no new grant"
    grant = given.result()
    assert grant == standing or (first == "grant" and house.access.living(grant.id) is None)
    again = await house.restart()
    assert grant == standing or again.access.living(grant.id) is None


async def test_a_listeners_bug_keeps_no_other_grant_alive(house: House) -> None:
    def bug(grant: Grant, reason: CloseReason) -> None:
        raise ZeroDivisionError

    house.access.on_grant_ended(bug)
    incident = await house.open()
    grants = [await house.access.grant_for(principal, OAK) for principal in (PATROL, OTHER_CAR)]
    await house.incidents.all_clear(incident.id, COORDINATOR)
    assert [house.access.living(grant.id) for grant in grants] == [None, None]
    assert len(house.ended) == 2


# Revoked


async def test_a_revoked_grant_ends_at_once_and_is_not_given_again_under_its_incident(house: House) -> None:
    incident = await house.open()
    grant = await house.access.grant_for(PATROL, OAK)
    await house.access.revoke(grant.id, HEADQUARTERS)
    assert house.ended == [(grant.id, CloseReason.REVOKED)]
    for each in (house, await house.restart()):
        assert each.access.living(grant.id) is None
        assert (await no_grant(each)).code == "revoked"
        assert await each.access.grant_for(OTHER_CAR, OAK)
    (event,) = await house.records("grant_revoked")
    assert (event.principal, event.incident, event.detail["of"]) == ("hq-1", incident.id, "car-1")


async def test_a_revocation_does_not_outlive_its_incident(house: House) -> None:
    incident = await house.open()
    grant = await house.access.grant_for(PATROL, OAK)
    await house.access.revoke(grant.id, HEADQUARTERS)
    await house.incidents.all_clear(incident.id, COORDINATOR)
    await house.open()
    assert await house.access.grant_for(PATROL, OAK)
    assert await (await house.restart()).access.grant_for(PATROL, OAK)


async def test_revoked_standing_access_is_back_after_a_shift_and_never_bars_a_lockdown(house: House) -> None:
    grant = await house.access.grant_for(PATROL, OAK)
    await house.access.revoke(grant.id, HEADQUARTERS)
    await house.clock.advance(12 * 3600 - 1)
    for each in (house, await house.restart()):
        assert (await no_grant(each)).code == "revoked"
    incident = await house.open()
    assert await house.access.grant_for(PATROL, OAK)
    await house.incidents.all_clear(incident.id, COORDINATOR)
    await house.clock.advance(1)
    assert await house.access.grant_for(PATROL, OAK)


async def test_revoking_what_has_ended_is_no_error(house: House) -> None:
    await house.access.revoke("no-such-grant", HEADQUARTERS)
    assert house.ended == []


# Restarted


async def test_grants_live_on_after_a_restart_in_the_incident(house: House) -> None:
    incident = await house.open()
    grants = [await house.access.grant_for(principal, OAK) for principal in (PATROL, COORDINATOR)]
    again = await house.restart()
    assert [again.access.living(grant.id) for grant in grants] == grants
    assert await again.access.grant_for(PATROL, OAK) == grants[0]
    await again.incidents.all_clear(incident.id, COORDINATOR)
    assert again.ended == [(grants[0].id, CloseReason.INCIDENT_ENDED)]


async def test_grants_of_an_incident_that_is_over_do_not_come_back(house: House) -> None:
    grant = await house.ended_grant()
    again = await house.restart()
    assert again.access.living(grant.id) is None
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
async def test_what_a_narrower_agreement_no_longer_gives_ends_with_the_restart(
    house: House, narrowing: dict[str, object]
) -> None:
    await house.open()
    grant = await house.access.grant_for(PATROL, OAK)
    again = await house.restart(**narrowing)
    assert again.access.living(grant.id) is None
    assert (await house.row(grant)).end_reason == "not_in_agreement"


# Refused


async def test_before_the_lockdown_police_are_told_why(db: Database) -> None:
    house = await House(db, FakeClock(), settings(always_without_incident=False)).start()
    error = await no_grant(house)
    assert isinstance(error, Forbidden)
    assert (error.code, error.detail) == ("no_incident", "no incident at this school")
    assert house.refusals("no_incident") == 1
    (event,) = await house.records("view_refused")
    assert (event.principal, event.site, event.outcome, event.reason) == ("car-1", "oak", "refused", "no_incident")
    assert event.origin_address == "192.0.2.7"


async def test_a_school_without_an_agreement_opens_to_its_own_people_only(house: House) -> None:
    await house.incidents.triggers.enter(Trigger(ELM, IncidentKind.REAL, Origin("webhook", "button")))
    assert (await no_grant(house, PATROL, ELM)).code == "not_in_agreement"
    own = Principal("c-2", "Mr. Lee", Role.COORDINATOR, frozenset({ELM}))
    assert (await house.access.grant_for(own, ELM)).camera_ids == {"elm-door"}


async def test_a_school_that_is_not_theirs_and_none_at_all_are_answered_alike(house: House) -> None:
    theirs, none = await no_grant(house, COORDINATOR, ELM), await no_grant(house, COORDINATOR, SiteId("ash"))
    assert isinstance(theirs, NotFound)
    assert isinstance(none, NotFound)
    assert (theirs.code, theirs.detail) == (none.code, none.detail)
    assert isinstance(await no_grant(house, PATROL, SiteId("ash")), NotFound)
    assert [event.site for event in await house.records("view_refused")] == ["elm", "oak", None]


@pytest.mark.parametrize("principal", [PATROL, HEADQUARTERS, COORDINATOR, TECHNICIAN])
async def test_a_camera_that_is_never_shown_is_answered_like_one_that_does_not_exist(
    house: House, principal: Principal
) -> None:
    await house.open()
    answers = set()
    for camera_id in ("oak-nurse", "no-such-camera", "", "x" * 5000, "\x00"):
        errors = [await house.access.refusal(principal, CameraId(camera_id))]
        for action in (Action.VIEW, Action.STILL, Action.STATUS):
            with pytest.raises(NotFound) as refused:
                await house.access.require_camera(principal, action, CameraId(camera_id))
            errors.append(refused.value)
        answers |= {(error.status, error.code, error.detail) for error in errors}
    assert len(answers) == 1
    assert house.refusals("unknown") == 20
    assert "oak-nurse" not in {camera.id for camera in house.access.visible_cameras(principal, OAK)}


async def test_a_camera_of_another_school_is_unknown_to_a_coordinator(house: House) -> None:
    theirs = await house.access.refusal(COORDINATOR, CameraId("elm-door"))
    none = await house.access.refusal(COORDINATOR, CameraId("no-such-camera"))
    assert (theirs.status, theirs.code, theirs.detail) == (none.status, none.code, none.detail)
    assert (house.refusals("another_site"), house.refusals("unknown")) == (1, 1)


async def test_a_camera_that_the_agreement_names_is_refused_with_its_reason(house: House) -> None:
    error = await house.access.refusal(PATROL, CameraId("oak-gym"))
    assert isinstance(error, Forbidden)
    assert error.detail == "no incident at this school"


async def test_the_token_of_another_grant(house: House) -> None:
    standing = await house.access.grant_for(PATROL, OAK)
    await house.open()
    assert "oak-gym" not in standing.camera_ids
    error = await house.access.refusal(PATROL, CameraId("oak-gym"))
    assert (error.status, error.code) == (403, "not_in_grant")


async def test_stills_are_for_district_it_while_nothing_is_going_on(house: House) -> None:
    gym = CameraId("oak-gym")
    await house.access.require_camera(TECHNICIAN, Action.STILL, gym)
    await house.open(IncidentKind.TEST)
    await house.access.require_camera(TECHNICIAN, Action.STATUS, gym)
    with pytest.raises(Forbidden, match="status only"):
        await house.access.require_camera(TECHNICIAN, Action.STILL, gym)
    assert (await house.records("still_refused"))[0].camera == "oak-gym"


async def test_what_the_pages_show_can_be_done_is_what_is_allowed(house: House) -> None:
    assert house.access.may(COORDINATOR, Action.TRIGGER, OAK) is None
    await house.access.require(COORDINATOR, Action.TRIGGER, OAK)
    assert house.access.may(PATROL, Action.TRIGGER, OAK) is not None
    with pytest.raises(Forbidden):
        await house.access.require(PATROL, Action.TRIGGER, OAK)
    with pytest.raises(NotFound):
        await house.access.require(COORDINATOR, Action.TRIGGER, ELM)
    with pytest.raises(NotFound):
        await house.access.require(HEADQUARTERS, Action.ALL_CLEAR, SiteId("ash"))
    assert len(await house.records("trigger_refused")) == 2
    await house.access.require(HEADQUARTERS, Action.READ_RECORD)


async def test_cameras_may_be_known_of_before_they_may_be_seen(house: House) -> None:
    for principal in (PATROL, COORDINATOR, TECHNICIAN):
        assert [camera.id for camera in house.access.visible_cameras(principal, OAK)] == ["oak-door", "oak-gym"]
    assert house.access.visible_cameras(PATROL, ELM) == ()
    assert house.access.visible_cameras(Principal("a", "A", Role.AUDITOR), OAK) == ()
    assert house.access.camera(CameraId("oak-gym")).site_id == OAK
    with pytest.raises(KeyError):
        house.access.camera(CameraId("no-such-camera"))


async def test_a_token_is_worth_nothing_after_all_clear(house: House) -> None:
    keys = KeyStore(house.db, house.clock)
    await keys.start()
    tokens = TokenService(keys, settings().tokens, "https://sightline.example", house.clock)
    incident = await house.open()
    grant = await house.access.grant_for(PATROL, OAK)
    claims = tokens.verify(tokens.issue(PATROL, grant, "s-1").token)
    assert house.access.living(claims.grant_id) == grant
    await house.incidents.all_clear(incident.id, COORDINATOR)
    assert house.access.living(claims.grant_id) is None
    assert (await house.restart()).access.living(claims.grant_id) is None
