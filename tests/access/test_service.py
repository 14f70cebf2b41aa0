import pytest

from gateway.errors import Forbidden, NotFound
from gateway.incident import Origin
from gateway.incidents.changes import Trigger
from gateway.models import CameraId, IncidentKind, Principal, Role, SiteId
from gateway.permission import Action
from gateway.storage.database import Database
from tests.access.house import COORDINATOR, ELM, HEADQUARTERS, OAK, PATROL, TECHNICIAN, House, no_grant, settings
from tests.fakes import FakeClock


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
    assert (await house.grants.give(own, ELM)).camera_ids == {"elm-door"}


async def test_another_school_and_a_school_that_does_not_exist_get_the_same_answer(house: House) -> None:
    theirs, none = await no_grant(house, COORDINATOR, ELM), await no_grant(house, COORDINATOR, SiteId("ash"))
    assert isinstance(theirs, NotFound)
    assert isinstance(none, NotFound)
    assert (theirs.code, theirs.detail) == (none.code, none.detail)
    assert isinstance(await no_grant(house, PATROL, SiteId("ash")), NotFound)
    assert [event.site for event in await house.records("view_refused")] == ["elm", "oak", None]


@pytest.mark.parametrize("principal", [PATROL, HEADQUARTERS, COORDINATOR, TECHNICIAN])
async def test_a_never_camera_gets_the_same_answer_as_one_that_does_not_exist(
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


async def test_the_token_of_another_grant_is_refused(house: House) -> None:
    standing = await house.grants.give(PATROL, OAK)
    await house.open()
    assert "oak-gym" not in standing.camera_ids
    error = await house.access.refusal(PATROL, CameraId("oak-gym"))
    assert (error.status, error.code) == (403, "not_in_grant")


async def test_district_it_gets_stills_only_while_there_is_no_incident(house: House) -> None:
    gym = CameraId("oak-gym")
    await house.access.require_camera(TECHNICIAN, Action.STILL, gym)
    await house.open(IncidentKind.TEST)
    await house.access.require_camera(TECHNICIAN, Action.STATUS, gym)
    with pytest.raises(Forbidden, match="status only"):
        await house.access.require_camera(TECHNICIAN, Action.STILL, gym)
    assert (await house.records("still_refused"))[0].camera == "oak-gym"


async def test_pages_offer_exactly_what_is_allowed(house: House) -> None:
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


async def test_people_may_know_about_cameras_before_they_may_see_them(house: House) -> None:
    for principal in (PATROL, COORDINATOR, TECHNICIAN):
        assert [camera.id for camera in house.access.visible_cameras(principal, OAK)] == ["oak-door", "oak-gym"]
    assert house.access.visible_cameras(PATROL, ELM) == ()
    assert house.access.visible_cameras(Principal("a", "A", Role.AUDITOR), OAK) == ()
    assert house.access.camera(CameraId("oak-gym")).site_id == OAK
    with pytest.raises(KeyError):
        house.access.camera(CameraId("no-such-camera"))
