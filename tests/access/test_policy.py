from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from gateway.access.policy import decide, decide_site, may
from gateway.configuration.agreement_settings import AgreementSettings
from gateway.incident import Incident, Origin
from gateway.models import (
    POLICE_ROLES,
    Camera,
    CameraId,
    CameraPolicy,
    IncidentKind,
    IncidentState,
    Principal,
    Role,
    SiteId,
)
from gateway.permission import Action, Grant, GrantBasis, Refusal, RefusalReason

NOW = 1_700_000_000.0
SITE = SiteId("oak")
AGREEMENT = AgreementSettings(site=SITE, legal_basis="Agreement of 2023")
EXPIRED = AGREEMENT.model_copy(update={"valid_until": date(2023, 11, 13)})
DOOR = Camera(CameraId("door"), SITE, "Door", CameraPolicy.ALWAYS)
GYM = Camera(CameraId("gym"), SITE, "Gym", CameraPolicy.INCIDENT)
NURSE = Camera(CameraId("nurse"), SITE, "Nurse", CameraPolicy.NEVER)
CAMERAS = (DOOR, GYM, NURSE)
PATROL = Principal("car-1", "Car 1", Role.PATROL)
REAL = Incident(
    "i-real", SITE, IncidentKind.REAL, IncidentState.OPEN, Origin("webhook", "button"), NOW - 5, NOW + 14400
)
DRILL = replace(REAL, id="i-drill", kind=IncidentKind.DRILL)


def refused(decision: Grant | Refusal | None) -> Refusal:
    assert isinstance(decision, Refusal)
    return decision


def given(decision: Grant | Refusal) -> Grant:
    assert isinstance(decision, Grant)
    return decision


def test_the_wording_before_a_lockdown() -> None:
    refusal = refused(decide(PATROL, Action.VIEW, GYM, (), AGREEMENT, NOW))
    assert refusal == Refusal(RefusalReason.NO_INCIDENT, "no incident at this school", known=True)


def test_the_refusal_after_an_agreements_last_day_names_it() -> None:
    detail = refused(decide(PATROL, Action.VIEW, GYM, (REAL,), EXPIRED, NOW)).detail
    assert "Agreement of 2023" in detail
    assert "2023-11-13" in detail


def test_an_agreement_holds_until_the_last_instant_of_its_last_day() -> None:
    last = AGREEMENT.model_copy(update={"valid_until": date(2023, 11, 14)})
    midnight = 1_700_006_400.0  # 2023-11-15T00:00:00Z
    assert isinstance(decide(PATROL, Action.VIEW, GYM, (REAL,), last, midnight - 0.001), Grant)
    assert isinstance(decide(PATROL, Action.VIEW, GYM, (REAL,), last, midnight), Refusal)


def test_an_overdue_incident_counts_until_its_service_has_ended_it() -> None:
    overdue = replace(REAL, ends_at=NOW - 1)
    assert isinstance(decide(PATROL, Action.VIEW, GYM, (overdue,), AGREEMENT, NOW), Grant)


@pytest.mark.parametrize("order", [(REAL, DRILL), (DRILL, REAL)])
def test_if_two_incidents_are_open_the_grant_depends_on_the_real_one(order: tuple[Incident, ...]) -> None:
    enrolled = [replace(i, enrolled=frozenset({PATROL.id})) for i in order]
    assert given(decide(PATROL, Action.VIEW, GYM, enrolled, AGREEMENT, NOW)).incident_id == "i-real"


def test_a_test_during_a_drill_takes_nothing_away_from_those_enrolled() -> None:
    test = replace(REAL, id="i-test", kind=IncidentKind.TEST)
    drill = replace(DRILL, enrolled=frozenset({PATROL.id}))
    assert given(decide(PATROL, Action.VIEW, GYM, (test, drill), AGREEMENT, NOW)).incident_id == "i-drill"
    refusal = refused(decide(PATROL, Action.VIEW, GYM, (test, DRILL), AGREEMENT, NOW))
    assert refusal.reason is RefusalReason.NOT_ENROLLED


def test_a_site_without_an_incident_gives_only_standing_access() -> None:
    grant = given(decide_site(PATROL, SITE, CAMERAS, (), AGREEMENT, NOW))
    assert (grant.basis, grant.incident_id) == (GrantBasis.STANDING, None)
    assert grant.camera_ids == {"door"}


def test_a_site_in_a_lockdown_gives_all_but_never_cameras_until_it_ends() -> None:
    grant = given(decide_site(PATROL, SITE, CAMERAS, (REAL,), AGREEMENT, NOW))
    assert (grant.basis, grant.incident_id) == (GrantBasis.INCIDENT, "i-real")
    assert grant.camera_ids == {"door", "gym"}


@pytest.mark.parametrize(
    ("agreement", "cameras", "incidents", "reason"),
    [
        (AGREEMENT, (GYM,), (), RefusalReason.NO_INCIDENT),
        (AGREEMENT, (NURSE,), (), RefusalReason.NO_INCIDENT),
        (AGREEMENT, (NURSE,), (REAL,), RefusalReason.NOT_IN_AGREEMENT),
        (AGREEMENT, (GYM,), (DRILL,), RefusalReason.NOT_ENROLLED),
        (None, CAMERAS, (REAL,), RefusalReason.NOT_IN_AGREEMENT),
        (EXPIRED, CAMERAS, (REAL,), RefusalReason.NOT_IN_AGREEMENT),
    ],
)
def test_a_site_that_police_may_know_about_says_why_it_refuses(
    agreement: AgreementSettings | None,
    cameras: tuple[Camera, ...],
    incidents: tuple[Incident, ...],
    reason: RefusalReason,
) -> None:
    refusal = refused(decide_site(PATROL, SITE, cameras, incidents, agreement, NOW))
    assert (refusal.reason, refusal.known) == (reason, True)


def test_another_school_is_unknown_to_a_coordinator() -> None:
    other = Principal("c", "C", Role.COORDINATOR, frozenset({SiteId("elm")}))
    assert not refused(decide_site(other, SITE, CAMERAS, (REAL,), AGREEMENT, NOW)).known
    for action in (Action.TRIGGER, Action.ALL_CLEAR, Action.ACKNOWLEDGE, Action.EXTEND):
        assert not refused(may(other, action, SITE, AGREEMENT, NOW)).known


ALL = frozenset(Role)
SIDES = POLICE_ROLES | {Role.COORDINATOR}
SCHOOL = frozenset({Role.COORDINATOR})
ENDING = frozenset({Role.COORDINATOR, Role.HEADQUARTERS, Role.DISPATCHER})
WHO_MAY = {
    # For every action: who may do it under the default agreement, after its last day, and without one.
    Action.TRIGGER: (SCHOOL, SCHOOL, SCHOOL),
    Action.ALL_CLEAR: (ENDING, SCHOOL, SCHOOL),
    Action.ACKNOWLEDGE: (SIDES, SIDES, SIDES),
    Action.EXTEND: (SIDES, SIDES, SIDES),
    Action.STATUS: (frozenset({Role.DISTRICT_IT, Role.HEADQUARTERS, Role.DISPATCHER}),) * 3,
    Action.READ_RECORD: (frozenset({Role.AUDITOR, Role.HEADQUARTERS}),) * 3,
}


@pytest.mark.parametrize("action", WHO_MAY)
def test_each_role_may_do_at_a_site_what_the_table_says(action: Action) -> None:
    for role, (agreement, allowed) in product(Role, zip((AGREEMENT, EXPIRED, None), WHO_MAY[action], strict=True)):
        refusal = may(Principal("me", "Me", role), action, SITE, agreement, NOW)
        assert (refusal is None) == (role in allowed), f"{role} under {agreement}"
        assert refusal is None or (refusal.known and refusal.detail)


@pytest.mark.parametrize("action", [Action.TRIGGER, Action.ALL_CLEAR])
def test_the_agreement_names_who_may_trigger_and_who_may_end(action: Action) -> None:
    named = {"trigger_roles": frozenset({Role.PATROL}), "end_roles": frozenset({Role.PATROL})}
    agreement = AGREEMENT.model_copy(update=named)
    allowed = {role for role in Role if may(Principal("me", "Me", role), action, SITE, agreement, NOW) is None}
    assert allowed == {Role.PATROL}


def test_another_schools_agreement_gives_nobody_rights_here() -> None:
    elsewhere = AGREEMENT.model_copy(update={"site": SiteId("elm"), "end_roles": ALL, "trigger_roles": ALL})
    dispatcher = Principal("me", "Me", Role.DISPATCHER)
    assert isinstance(may(dispatcher, Action.ALL_CLEAR, SITE, elsewhere, NOW), Refusal)
    assert isinstance(may(dispatcher, Action.TRIGGER, SITE, elsewhere, NOW), Refusal)


@pytest.mark.parametrize("action", [Action.VIEW, Action.STILL])
def test_seeing_pictures_is_decided_per_camera_not_per_site(action: Action) -> None:
    with pytest.raises(ValueError, match="for a camera"):
        may(PATROL, action, SITE, AGREEMENT, NOW)


@pytest.mark.parametrize("action", [action for action in WHO_MAY if action is not Action.STATUS])
def test_actions_at_a_site_are_not_decided_per_camera(action: Action) -> None:
    with pytest.raises(ValueError, match="for a site"):
        decide(PATROL, action, GYM, (REAL,), AGREEMENT, NOW)
