"""The permission contract (docs/permission.md) as one pure decision.

Time is an argument; nothing here knows a database or a request.

``decide`` says what somebody may have of one camera, ``decide_site`` gathers that for a site, ``may`` says what they
may do at a site. Where the contract leaves room, this is what holds here:

- A principal with ``site_ids`` is bound to them, whatever the role: everything elsewhere is unknown to them.
- The agreement is between school and police. Without one, or after its last day, the school's own people go on under
  its default rules, and a coordinator's alarm is never refused for want of it; the police are refused.
- ``kinds`` of the agreement narrows incidents for ``always`` cameras too, where these are not open without one.
- A real incident is looked at first, then a drill, then a test: the strongest that gives access carries the grant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from gateway.configuration.settings import AgreementSettings, LegalGrounds
from gateway.models import (
    POLICE_ROLES,
    Action,
    Camera,
    CameraId,
    CameraPolicy,
    Grant,
    GrantBasis,
    Incident,
    IncidentKind,
    IncidentState,
    Principal,
    Refusal,
    RefusalReason,
    Role,
    SiteId,
)

NO_INCIDENT = Refusal(RefusalReason.NO_INCIDENT, "no incident at this school")
UNKNOWN_CAMERA = Refusal(RefusalReason.UNKNOWN, "there is no such camera", known=False)
ELSEWHERE = Refusal(RefusalReason.ANOTHER_SITE, "this school is not one of yours", known=False)
NO_AGREEMENT = Refusal(RefusalReason.NOT_IN_AGREEMENT, "there is no agreement with this school", known=False)
ROLE_NOT_NAMED = Refusal(
    RefusalReason.NOT_IN_AGREEMENT, "the agreement with this school does not name your role", known=False
)

CAMERA_ACTIONS = frozenset({Action.VIEW, Action.STILL, Action.STATUS})
STATUS_TABLE_ROLES = frozenset({Role.DISTRICT_IT, Role.HEADQUARTERS, Role.DISPATCHER})
RECORD_ROLES = frozenset({Role.AUDITOR, Role.HEADQUARTERS})
SIDES = POLICE_ROLES | {Role.COORDINATOR}


class Topic(StrEnum):
    """What the event channel tells, beside cameras, which ``decide`` opens one by one."""

    INCIDENTS = "incidents"
    WATCHERS = "watchers"
    REFUSED_TRIGGERS = "refused_triggers"
    CLOCK = "clock"


_HEARD_BY: Mapping[Topic, frozenset[Role]] = {
    Topic.INCIDENTS: frozenset(Role) - {Role.AUDITOR},
    Topic.WATCHERS: frozenset({Role.COORDINATOR, Role.HEADQUARTERS, Role.DISPATCHER}),
    Topic.REFUSED_TRIGGERS: frozenset(Role) - {Role.PATROL, Role.AUDITOR},
    # Those who work by the times that are shown; a patrol car does not.
    Topic.CLOCK: frozenset(Role) - {Role.PATROL, Role.AUDITOR},
}

_DEFAULTS = AgreementSettings(site=SiteId("none"), legal_basis=LegalGrounds(incident="none"))
_STRONGEST_FIRST = (IncidentKind.REAL, IncidentKind.DRILL, IncidentKind.TEST)


def decide(
    principal: Principal,
    action: Action,
    camera: Camera,
    incidents: Sequence[Incident],
    agreement: AgreementSettings | None,
    now: float,
) -> Grant | Refusal:
    """Whether ``principal`` may VIEW a camera, see a STILL of it, or learn its STATUS (that is: know of it).

    ``incidents`` may hold any; those of other sites and those that are over do not count. ``agreement`` counts only
    for the camera's own site. ``now`` is wall time. The Grant is a draft for this camera alone: its ``id`` is empty
    until ``grants`` has put it on disk.
    """
    if action not in CAMERA_ACTIONS:
        raise ValueError(f"{action} is decided for a site, not for a camera")
    if camera.policy is CameraPolicy.NEVER:
        return UNKNOWN_CAMERA
    if not _of_their_sites(principal, camera.site_id):
        return ELSEWHERE
    if agreement is not None and agreement.site != camera.site_id:
        agreement = None
    going_on = _open_at(camera.site_id, incidents)
    match principal.role:
        case Role.AUDITOR:
            ground: Incident | Refusal | None = Refusal(
                RefusalReason.ROLE_SEES_NO_VIDEO, "auditors read the record and see no pictures"
            )
        case Role.DISTRICT_IT:
            ground = _technician(action, going_on, agreement)
        case Role.COORDINATOR:
            ground = _coordinator(action, going_on, agreement)
        case Role.DISPATCHER | Role.HEADQUARTERS | Role.PATROL:
            ground = _police(principal, action, camera.policy, going_on, agreement, now)
    if isinstance(ground, Refusal):
        return ground
    return Grant(
        id="",
        principal_id=principal.id,
        role=principal.role,
        site_id=camera.site_id,
        camera_ids=frozenset({camera.id}),
        basis=GrantBasis.STANDING if ground is None else GrantBasis.INCIDENT,
        incident_id=None if ground is None else ground.id,
        created_at=now,
    )


def decide_site(
    principal: Principal,
    site_id: SiteId,
    cameras: Iterable[Camera],
    incidents: Sequence[Incident],
    agreement: AgreementSettings | None,
    now: float,
) -> Grant | Refusal:
    """One draft Grant to view all that ``principal`` may view at a site, or why there is nothing.

    It stands on the incident where any of its cameras needs that, so that all clear ends it whole.
    """

    def view(camera: Camera) -> Grant | Refusal:
        return decide(principal, Action.VIEW, camera, incidents, agreement, now)

    given = [grant for grant in map(view, cameras) if isinstance(grant, Grant)]
    if given:
        strongest = next((grant for grant in given if grant.basis is GrantBasis.INCIDENT), given[0])
        together = (grant.camera_ids for grant in given if grant.incident_id in (None, strongest.incident_id))
        return replace(strongest, camera_ids=frozenset().union(*together))
    ordinary = view(Camera(CameraId(""), site_id, "", CameraPolicy.INCIDENT))
    if isinstance(ordinary, Grant):
        return Refusal(RefusalReason.NOT_IN_AGREEMENT, "the agreement opens no camera of this school")
    # Who is not bound to other sites may know of the school, even where its cameras are unknown to them.
    return ordinary if ordinary.reason is RefusalReason.ANOTHER_SITE else replace(ordinary, known=True)


def may(
    principal: Principal, action: Action, site_id: SiteId | None, agreement: AgreementSettings | None, now: float
) -> Refusal | None:
    """Why ``principal`` may not do ``action`` at a site, or None where they may.

    TRIGGER, ALL_CLEAR: the roles that the agreement names. ACKNOWLEDGE, EXTEND: either side. STATUS is the table of
    all cameras' states, READ_RECORD the record; neither needs a site.
    """
    if site_id is not None and not _of_their_sites(principal, site_id):
        return ELSEWHERE
    if agreement is not None and agreement.site != site_id:
        agreement = None
    role = principal.role
    match action:
        case Action.STATUS:
            allowed, words = role in STATUS_TABLE_ROLES, "the table of camera states is not for your role"
        case Action.READ_RECORD:
            allowed, words = role in RECORD_ROLES, "the record is not for your role to read"
        case Action.ACKNOWLEDGE:
            allowed, words = role in SIDES, "alarms are acknowledged by the police and the school"
        case Action.EXTEND:
            allowed, words = role in SIDES, "incidents are extended by the police or the school"
        case Action.TRIGGER | Action.ALL_CLEAR:
            if role in POLICE_ROLES and (missing := _not_in_force(agreement, now)):
                return replace(missing, known=True)
            rules = _rules(agreement)
            allowed = role in (rules.trigger_roles if action is Action.TRIGGER else rules.end_roles)
            words = "the agreement does not name your role for this"
        case Action.VIEW | Action.STILL:
            raise ValueError(f"{action} is decided for a camera, not for a site")
    return None if allowed else Refusal(RefusalReason.NOT_IN_AGREEMENT, words)


def hears(principal: Principal, topic: Topic) -> bool:
    """Return True if a page of ``principal`` is told of ``topic``, at the schools that they may know of."""
    return principal.role in _HEARD_BY[topic]


def is_police(principal: Principal) -> bool:
    """Return True if an acknowledgement by ``principal`` says that the police know, and a drill can enrol them."""
    return principal.role in POLICE_ROLES


def is_mobile(principal: Principal) -> bool:
    """Return True if ``principal`` watches from a car, over a mobile network."""
    return principal.role is Role.PATROL


def needs_sites(role: Role) -> bool:
    """Return True if nobody has this role without being bound to schools."""
    return role is Role.COORDINATOR


def sees_pictures(principal: Principal) -> bool:
    """Return True if ``principal`` may ever see a picture, moving or still."""
    return principal.role is not Role.AUDITOR


def is_own(principal: Principal, incident: Incident, agreement: AgreementSettings | None, now: float) -> bool:
    """Return True if a sign-in of ``principal`` must not end while this incident is open.

    It must be a real incident or a drill, enrolled or not, at a school of theirs; for the police, at a school whose
    agreement is in force and names their role. A test keeps nobody signed in. Nothing keeps an auditor signed in: they
    read about it later.
    """
    if incident.state is not IncidentState.OPEN or incident.kind is IncidentKind.TEST:
        return False
    if principal.role is Role.AUDITOR or not _of_their_sites(principal, incident.site_id):
        return False
    if principal.role not in POLICE_ROLES:
        return True
    if agreement is None or agreement.site != incident.site_id:
        return False
    return principal.role in agreement.roles and _not_in_force(agreement, now) is None


def _of_their_sites(principal: Principal, site_id: SiteId) -> bool:
    return not principal.site_ids or site_id in principal.site_ids


def _open_at(site_id: SiteId, incidents: Iterable[Incident]) -> list[Incident]:
    """The open incidents of a site, the strongest first."""
    here = [i for i in incidents if i.site_id == site_id and i.state is IncidentState.OPEN]
    return sorted(here, key=lambda incident: _STRONGEST_FIRST.index(incident.kind))


def _rules(agreement: AgreementSettings | None) -> AgreementSettings:
    """What holds for the school's own people, whatever there is with the police."""
    return agreement or _DEFAULTS


def _not_in_force(agreement: AgreementSettings | None, now: float) -> Refusal | None:
    """Why the agreement gives the police nothing, whatever it names."""
    if agreement is None:
        return NO_AGREEMENT
    if agreement.valid_until is not None and datetime.fromtimestamp(now, UTC).date() > agreement.valid_until:
        words = f"the agreement ended on {agreement.valid_until.isoformat()}: {agreement.legal_basis.incident}"
        return Refusal(RefusalReason.NOT_IN_AGREEMENT, words)
    return None


# Each of these says on what access stands: an incident, None for standing access, or a Refusal.


def _technician(
    action: Action, going_on: Sequence[Incident], agreement: AgreementSettings | None
) -> Incident | Refusal | None:
    if action is Action.STATUS:
        return None
    if action is Action.VIEW:
        return Refusal(RefusalReason.ROLE_SEES_NO_VIDEO, "district IT sees status and still pictures, no video")
    if going_on:
        return Refusal(
            RefusalReason.KIND_GIVES_NO_ACCESS, f"during a {going_on[0].kind} incident district IT sees status only"
        )
    if not _rules(agreement).district_it_sees_stills:
        return Refusal(RefusalReason.NOT_IN_AGREEMENT, "the district's rules give district IT no still pictures")
    return None


def _coordinator(
    action: Action, going_on: Sequence[Incident], agreement: AgreementSettings | None
) -> Incident | Refusal | None:
    if action is Action.STATUS or _rules(agreement).coordinator_sees_own_school:
        return None
    return going_on[0] if going_on else NO_INCIDENT


def _police(
    principal: Principal,
    action: Action,
    policy: CameraPolicy,
    going_on: Sequence[Incident],
    agreement: AgreementSettings | None,
    now: float,
) -> Incident | Refusal | None:
    if agreement is None:
        return NO_AGREEMENT
    if principal.role not in agreement.roles:
        return ROLE_NOT_NAMED
    if expired := _not_in_force(agreement, now):
        return expired
    if action is Action.STATUS:
        return None
    if policy is CameraPolicy.ALWAYS and agreement.always_without_incident:
        return None
    refusals = []
    for incident in going_on:
        against = _against(principal, policy, incident, agreement)
        if against is None:
            return incident
        refusals.append(against)
    return refusals[0] if refusals else NO_INCIDENT


def _against(
    principal: Principal, policy: CameraPolicy, incident: Incident, agreement: AgreementSettings
) -> Refusal | None:
    """What keeps an open incident from opening a camera to the police."""
    if policy is CameraPolicy.INCIDENT and incident.kind is IncidentKind.TEST:
        return Refusal(RefusalReason.KIND_GIVES_NO_ACCESS, "a test opens no cameras")
    if incident.kind not in agreement.kinds:
        return Refusal(
            RefusalReason.KIND_GIVES_NO_ACCESS, f"the agreement opens no cameras in a {incident.kind} incident"
        )
    if (
        policy is CameraPolicy.INCIDENT
        and incident.kind is IncidentKind.DRILL
        and principal.id not in incident.enrolled
    ):
        return Refusal(RefusalReason.NOT_ENROLLED, "this is a drill in which you are not enrolled")
    return None
