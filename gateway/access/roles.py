"""Says what follows from a role alone: what its people may read and do, and what their pages are told. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from gateway.models import POLICE_ROLES, Principal, Role
from gateway.permission import Refusal, RefusalReason

_SIDES = POLICE_ROLES | {Role.COORDINATOR}


class RoleRule(NamedTuple):
    """Says which roles may do something, and in which words everybody else is refused."""

    roles: frozenset[Role]
    refusal: str


STATUS_TABLE = RoleRule(
    frozenset({Role.DISTRICT_IT, Role.HEADQUARTERS, Role.DISPATCHER}), "the table of camera states is not for your role"
)
READING_THE_RECORD = RoleRule(frozenset({Role.AUDITOR, Role.HEADQUARTERS}), "the record is not for your role to read")
ACKNOWLEDGING = RoleRule(_SIDES, "alarms are acknowledged by the police and the school")
EXTENDING = RoleRule(_SIDES, "incidents are extended by the police or the school")
DRAWING_PLANS = RoleRule(frozenset({Role.DISTRICT_IT}), "floor plans are drawn by district IT")
APPROVING_PLANS = RoleRule(
    frozenset({Role.HEADQUARTERS, Role.DISPATCHER}), "floor plans are approved by dispatch or headquarters"
)
"""The police, who rely on the plans. The side that draws a plan must not be the one that approves it."""

NOT_NAMED = "the agreement does not name your role for this"
"""The words for a role that the agreement does not name for triggering incidents, or for ending them."""
AUDITOR_SEES_NO_PICTURES = Refusal(RefusalReason.ROLE_SEES_NO_VIDEO, "auditors read the record and see no pictures")
TECHNICIAN_SEES_NO_VIDEO = Refusal(
    RefusalReason.ROLE_SEES_NO_VIDEO, "district IT sees status and still pictures, no video"
)


class Topic(StrEnum):
    """Names a subject of the event channel. There is none for cameras: ``policy.decide`` decides about each."""

    INCIDENTS = "incidents"
    WATCHERS = "watchers"
    REFUSED_TRIGGERS = "refused_triggers"
    CLOCK = "clock"


_HEARD_BY: Mapping[Topic, frozenset[Role]] = {
    Topic.INCIDENTS: frozenset(Role) - {Role.AUDITOR},
    Topic.WATCHERS: frozenset({Role.COORDINATOR, Role.HEADQUARTERS, Role.DISPATCHER}),
    Topic.REFUSED_TRIGGERS: frozenset(Role) - {Role.PATROL, Role.AUDITOR},
    # People in these roles work with the displayed times of day. A patrol car does not.
    Topic.CLOCK: frozenset(Role) - {Role.PATROL, Role.AUDITOR},
}


def hears(principal: Principal, topic: Topic) -> bool:
    """Return True if pages of ``principal`` are told about ``topic``, at the schools that they may know about."""
    return principal.role in _HEARD_BY[topic]


def is_police(principal: Principal) -> bool:
    """Return True if an acknowledgement by ``principal`` means that the police know, and drills can enrol them."""
    return principal.role in POLICE_ROLES


def is_mobile(principal: Principal) -> bool:
    """Return True if ``principal`` is watching from a car, over a mobile network."""
    return principal.role is Role.PATROL


def needs_sites(role: Role) -> bool:
    """Return True if a person with this role must be bound to schools."""
    return role is Role.COORDINATOR


def sees_pictures(principal: Principal) -> bool:
    """Return True if ``principal`` may ever see a picture, moving or still."""
    return principal.role is not Role.AUDITOR
