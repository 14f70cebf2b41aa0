"""Decides who is permitted what, as the contract in docs/permission.md says. Pure: time is an argument.

``decide`` says whether a person may use one camera, ``decide_site`` collects that for a whole school, and ``may`` says
what they may do there. Where the contract leaves room, these rules apply:

- A principal with ``site_ids`` is bound to those schools, whatever their role. Other schools are hidden from them.
- The agreement is between school and police. Without one, or after its last day, the police are refused. The school's
  own people carry on under the default rules, so a coordinator's alarm is never refused for lack of an agreement.
- The agreement's ``kinds`` also limit which incidents open ``always`` cameras, unless these are open without one.
- A real incident is considered first, then a drill, then a test. The grant is based on the first that gives access.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.access import roles
from gateway.access.agreements import NO_AGREEMENT, ROLE_NOT_NAMED, not_in_force, rules_of
from gateway.configuration.agreement_settings import AgreementSettings
from gateway.incident import Incident
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

NO_INCIDENT = Refusal(RefusalReason.NO_INCIDENT, "no incident at this school")
UNKNOWN_CAMERA = Refusal(RefusalReason.UNKNOWN, "there is no such camera", known=False)
ELSEWHERE = Refusal(RefusalReason.ANOTHER_SITE, "this school is not one of yours", known=False)
CAMERA_ACTIONS = frozenset({Action.VIEW, Action.STILL, Action.STATUS})
_STRONGEST_FIRST = (IncidentKind.REAL, IncidentKind.DRILL, IncidentKind.TEST)


def decide(
    principal: Principal,
    action: Action,
    camera: Camera,
    incidents: Sequence[Incident],
    agreement: AgreementSettings | None,
    now: float,
) -> Grant | Refusal:
    """Decide whether ``principal`` may VIEW a camera, see a STILL of it, or learn its STATUS (know that it exists).

    ``incidents`` may contain any incidents: those of other sites and those that are over are ignored. So is an
    ``agreement`` with another site. ``now`` is wall time. The Grant that is returned is a draft for this camera alone,
    with an empty ``id`` until ``grants`` has put it on disk.
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
            ground: Incident | Refusal | None = roles.AUDITOR_SEES_NO_PICTURES
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
    """Return one draft Grant for everything that ``principal`` may view at a site, or the reason for none.

    If any of its cameras needs an incident, the whole grant is based on that incident, so that all clear ends all of
    it.
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
    # A person who is not bound to other sites may know about the school even if they may not know about its cameras.
    return ordinary if ordinary.reason is RefusalReason.ANOTHER_SITE else replace(ordinary, known=True)


def may(
    principal: Principal, action: Action, site_id: SiteId | None, agreement: AgreementSettings | None, now: float
) -> Refusal | None:
    """Return None if ``principal`` may do ``action`` at a site, or else the reason why not.

    The agreement names the roles for TRIGGER and ALL_CLEAR. Police and school may both ACKNOWLEDGE and EXTEND. STATUS
    here means the table of all cameras' states, and READ_RECORD means the record; neither needs a site.
    """
    if site_id is not None and not _of_their_sites(principal, site_id):
        return ELSEWHERE
    if agreement is not None and agreement.site != site_id:
        agreement = None
    match action:
        case Action.STATUS:
            rule = roles.STATUS_TABLE
        case Action.READ_RECORD:
            rule = roles.READING_THE_RECORD
        case Action.ACKNOWLEDGE:
            rule = roles.ACKNOWLEDGING
        case Action.EXTEND:
            rule = roles.EXTENDING
        case Action.TRIGGER | Action.ALL_CLEAR:
            if principal.role in POLICE_ROLES and (missing := not_in_force(agreement, now)):
                return replace(missing, known=True)
            rules = rules_of(agreement)
            rule = roles.RoleRule(rules.trigger_roles if action is Action.TRIGGER else rules.end_roles, roles.NOT_NAMED)
        case Action.EDIT_PLAN:
            rule = roles.DRAWING_PLANS
        case Action.APPROVE_PLAN:
            rule = roles.APPROVING_PLANS
        case Action.VIEW | Action.STILL:
            raise ValueError(f"{action} is decided for a camera, not for a site")
    return None if principal.role in rule.roles else Refusal(RefusalReason.NOT_IN_AGREEMENT, rule.refusal)


def is_own(principal: Principal, incident: Incident, agreement: AgreementSettings | None, now: float) -> bool:
    """Return True if a sign-in of ``principal`` must not end while this incident is open.

    That is so for a real incident or a drill (enrolled or not) at one of their schools. For the police, the school's
    agreement must also be in force and name their role. A test keeps nobody signed in, and nothing keeps an auditor
    signed in, since auditors read about incidents later.
    """
    if incident.state is not IncidentState.OPEN or incident.kind is IncidentKind.TEST:
        return False
    if principal.role is Role.AUDITOR or not _of_their_sites(principal, incident.site_id):
        return False
    if principal.role not in POLICE_ROLES:
        return True
    if agreement is None or agreement.site != incident.site_id:
        return False
    return principal.role in agreement.roles and not_in_force(agreement, now) is None


def _of_their_sites(principal: Principal, site_id: SiteId) -> bool:
    return not principal.site_ids or site_id in principal.site_ids


def _open_at(site_id: SiteId, incidents: Iterable[Incident]) -> list[Incident]:
    """Return the open incidents of a site, the strongest first."""
    here = [i for i in incidents if i.site_id == site_id and i.state is IncidentState.OPEN]
    return sorted(here, key=lambda incident: _STRONGEST_FIRST.index(incident.kind))


# Each of these returns what access is based on: an incident, None for standing access, or a Refusal.


def _technician(
    action: Action, going_on: Sequence[Incident], agreement: AgreementSettings | None
) -> Incident | Refusal | None:
    if action is Action.STATUS:
        return None
    if action is Action.VIEW:
        return roles.TECHNICIAN_SEES_NO_VIDEO
    if going_on:
        return Refusal(
            RefusalReason.KIND_GIVES_NO_ACCESS, f"during a {going_on[0].kind} incident district IT sees status only"
        )
    if not rules_of(agreement).district_it_sees_stills:
        return Refusal(RefusalReason.NOT_IN_AGREEMENT, "the district's rules give district IT no still pictures")
    return None


def _coordinator(
    action: Action, going_on: Sequence[Incident], agreement: AgreementSettings | None
) -> Incident | Refusal | None:
    if action is Action.STATUS or rules_of(agreement).coordinator_sees_own_school:
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
    if expired := not_in_force(agreement, now):
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
    """Return the reason why an open incident does not open a camera to the police, or None if it does."""
    if policy is CameraPolicy.INCIDENT and incident.kind is IncidentKind.TEST:
        return Refusal(RefusalReason.KIND_GIVES_NO_ACCESS, "a test opens no cameras")
    if incident.kind not in agreement.kinds:
        return Refusal(
            RefusalReason.KIND_GIVES_NO_ACCESS, f"the agreement opens no cameras in a {incident.kind} incident"
        )
    opened_by_drill = policy is CameraPolicy.INCIDENT and incident.kind is IncidentKind.DRILL
    if opened_by_drill and principal.id not in incident.enrolled:
        return Refusal(RefusalReason.NOT_ENROLLED, "this is a drill in which you are not enrolled")
    return None
