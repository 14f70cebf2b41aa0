"""Says what follows from a role alone: what its people may read and do, and what their pages are told. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from gateway.models import POLICE_ROLES, Principal, Role

STATUS_TABLE_ROLES = frozenset({Role.DISTRICT_IT, Role.HEADQUARTERS, Role.DISPATCHER})
RECORD_ROLES = frozenset({Role.AUDITOR, Role.HEADQUARTERS})
PLAN_EDITORS = frozenset({Role.DISTRICT_IT})
PLAN_APPROVERS = frozenset({Role.HEADQUARTERS, Role.DISPATCHER})
"""The police, who rely on the plans. The side that draws a plan must not be the one that approves it."""
SIDES = POLICE_ROLES | {Role.COORDINATOR}


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
