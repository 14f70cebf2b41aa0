"""Walks every cell of the table in docs/permission.md, and shows what each flag of an agreement changes in it.

A cell says what access is based on (``incident``, ``standing``) or why it is refused. A ``?`` before the reason means
that these people may not know that the camera exists. ``police`` means all three police roles, and ``*`` means
everything that no line above names.
"""

from datetime import date
from itertools import product

import pytest

from gateway.access.policy import decide
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
from gateway.permission import Action, Grant, Refusal

NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z
SITE = SiteId("oak")
STATES = ("none", "real", "enrolled", "drill", "test")  # "enrolled" is a drill that names them; "drill" does not

CONTRACT = """
who          camera    action | none                  real                  enrolled              drill                 test
*            never     *      | ?unknown              ?unknown              ?unknown              ?unknown              ?unknown
police       *         status | standing              standing              standing              standing              standing
police       incident  *      | no_incident           incident              incident              not_enrolled          kind_gives_no_access
police       always    *      | standing              standing              standing              standing              standing
coordinator  *         *      | standing              standing              standing              standing              standing
district_it  *         status | standing              standing              standing              standing              standing
district_it  *         view   | role_sees_no_video    role_sees_no_video    role_sees_no_video    role_sees_no_video    role_sees_no_video
district_it  *         still  | standing              kind_gives_no_access  kind_gives_no_access  kind_gives_no_access  kind_gives_no_access
auditor      *         *      | role_sees_no_video    role_sees_no_video    role_sees_no_video    role_sees_no_video    role_sees_no_video
"""  # noqa: E501  a table is read by its columns

# What each agreement changes in the table. Its lines take precedence over the contract's.
NEVER = "* never * | ?unknown ?unknown ?unknown ?unknown ?unknown\n"
CHANGES = {
    "as the contract says": "",
    "always only in an incident": """
police       always    view   | no_incident           incident              incident              incident              incident
police       always    still  | no_incident           incident              incident              incident              incident
""",  # noqa: E501
    "always only in an incident that is not a test": """
police       always    view   | no_incident           incident              incident              incident              kind_gives_no_access
police       always    still  | no_incident           incident              incident              incident              kind_gives_no_access
""",  # noqa: E501
    "no drills": """
police       incident  view   | no_incident           incident              kind_gives_no_access  kind_gives_no_access  kind_gives_no_access
police       incident  still  | no_incident           incident              kind_gives_no_access  kind_gives_no_access  kind_gives_no_access
""",  # noqa: E501
    "coordinator sees in an incident only": """
coordinator  *         view   | no_incident           incident              incident              incident              incident
coordinator  *         still  | no_incident           incident              incident              incident              incident
""",  # noqa: E501
    "no stills for district IT": """
district_it  *         still  | not_in_agreement      kind_gives_no_access  kind_gives_no_access  kind_gives_no_access  kind_gives_no_access
""",  # noqa: E501
    "patrol is not named": """
patrol       *         *      | ?not_in_agreement     ?not_in_agreement     ?not_in_agreement     ?not_in_agreement     ?not_in_agreement
""",  # noqa: E501
    "ended yesterday": """
police       *         *      | not_in_agreement      not_in_agreement      not_in_agreement      not_in_agreement      not_in_agreement
""",  # noqa: E501
    "ends today": "",
    "none": """
police       *         *      | ?not_in_agreement     ?not_in_agreement     ?not_in_agreement     ?not_in_agreement     ?not_in_agreement
""",  # noqa: E501
    "of another school": """
police       *         *      | ?not_in_agreement     ?not_in_agreement     ?not_in_agreement     ?not_in_agreement     ?not_in_agreement
""",  # noqa: E501
}

ALL_KINDS = frozenset(IncidentKind)


def agreement(site: str = SITE, **narrowing: object) -> AgreementSettings:
    return AgreementSettings.model_validate({"site": site, "legal_basis": "Agreement of 2023", **narrowing})


AGREEMENTS = {
    "as the contract says": agreement(),
    "always only in an incident": agreement(always_without_incident=False, kinds=ALL_KINDS),
    "always only in an incident that is not a test": agreement(always_without_incident=False),
    "no drills": agreement(kinds={IncidentKind.REAL}),
    "coordinator sees in an incident only": agreement(coordinator_sees_own_school=False),
    "no stills for district IT": agreement(district_it_sees_stills=False),
    "patrol is not named": agreement(roles={Role.DISPATCHER, Role.HEADQUARTERS}),
    "ended yesterday": agreement(valid_until=date(2023, 11, 13)),
    "ends today": agreement(valid_until=date(2023, 11, 14)),
    "none": None,
    "of another school": agreement("elm"),
}


def rows(table: str) -> list[tuple[list[str], list[str]]]:
    lines = [line for line in table.strip().splitlines() if line and not line.startswith("who")]
    return [(line.partition("|")[0].split(), line.partition("|")[2].split()) for line in lines]


def cell(name: str, role: Role, policy: CameraPolicy, action: Action, state: str) -> str:
    groups = {"*", role.value} | ({"police"} if role in POLICE_ROLES else set())
    for (who, camera, wanted), cells in rows(NEVER + CHANGES[name] + CONTRACT):
        if who in groups and camera in {"*", policy} and wanted in {"*", action}:
            return cells[STATES.index(state)]
    raise AssertionError("the table has no such cell")


def incident(kind: IncidentKind, **changes: object) -> Incident:
    values = {
        "id": f"the-{kind}",
        "site_id": SITE,
        "kind": kind,
        "state": IncidentState.OPEN,
        "origin": Origin("console", "somebody"),
        "opened_at": NOW - 60,
        "ends_at": NOW + 60,
    }
    return Incident(**{**values, **changes})  # type: ignore[arg-type]


INCIDENTS = {
    "none": (
        # None of these is an open incident here.
        incident(IncidentKind.REAL, state=IncidentState.ALL_CLEAR),
        incident(IncidentKind.REAL, state=IncidentState.EXPIRED),
        incident(IncidentKind.DRILL, state=IncidentState.SUPERSEDED, enrolled=frozenset({"me"})),
        incident(IncidentKind.REAL, site_id="elm"),
    ),
    "real": (incident(IncidentKind.REAL),),
    "enrolled": (incident(IncidentKind.DRILL, enrolled=frozenset({"me", "another"})),),
    "drill": (incident(IncidentKind.DRILL, enrolled=frozenset({"another"})),),
    "test": (incident(IncidentKind.TEST, enrolled=frozenset({"me"})),),
}


def in_words(decision: Grant | Refusal) -> str:
    if isinstance(decision, Grant):
        return decision.basis.value
    return decision.reason.value if decision.known else f"?{decision.reason}"


def test_every_agreement_has_its_table() -> None:
    assert AGREEMENTS.keys() == CHANGES.keys()


@pytest.mark.parametrize("name", AGREEMENTS)
@pytest.mark.parametrize("role", Role)
def test_every_cell_of_the_contract(name: str, role: Role) -> None:
    me = Principal("me", "Me", role)
    wrong = []
    for policy, action, state in product(CameraPolicy, (Action.VIEW, Action.STILL, Action.STATUS), STATES):
        camera = Camera(CameraId("gym"), SITE, "Gym", policy)
        decision = decide(me, action, camera, INCIDENTS[state], AGREEMENTS[name], NOW)
        if in_words(decision) != cell(name, role, policy, action, state):
            wrong.append(f"{policy} {action} {state}: {in_words(decision)}")
        if isinstance(decision, Grant):
            assert decision.camera_ids == {CameraId("gym")}
            assert (decision.principal_id, decision.role, decision.site_id) == ("me", role, SITE)
            by_incident = decision.basis == "incident"
            assert decision.incident_id == (INCIDENTS[state][0].id if by_incident else None)
    assert wrong == []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", STATES)
def test_another_schools_cameras_are_unknown_to_people_bound_to_a_school(role: Role, state: str) -> None:
    stranger = Principal("me", "Me", role, frozenset({SiteId("elm")}))
    for policy, action in product(CameraPolicy, (Action.VIEW, Action.STILL, Action.STATUS)):
        decision = decide(
            stranger, action, Camera(CameraId("gym"), SITE, "Gym", policy), INCIDENTS[state], agreement(), NOW
        )
        assert in_words(decision) == ("?unknown" if policy is CameraPolicy.NEVER else "?another_site")
