"""Defines what a permission consists of: what somebody wants to do, and the grant or the refusal that answers it.

``access.policy`` decides which of the two it is (docs/permission.md).
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.models import CameraId, Role, SiteId


class Action(StrEnum):
    """Names what a person may want to do with a camera, a site or the record."""

    VIEW = "view"
    STILL = "still"
    STATUS = "status"
    READ_RECORD = "read_record"
    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    EXTEND = "extend"
    ALL_CLEAR = "all_clear"
    EDIT_PLAN = "edit_plan"
    APPROVE_PLAN = "approve_plan"


class GrantBasis(StrEnum):
    """Says what a grant is based on: an open incident, or the agreement itself."""

    INCIDENT = "incident"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Grant:
    """Permits one principal to see cameras of one site. It ends with its incident, or when it is revoked."""

    id: str
    principal_id: str
    role: Role
    site_id: SiteId
    camera_ids: frozenset[CameraId]
    basis: GrantBasis
    incident_id: str | None
    created_at: float


class RefusalReason(StrEnum):
    """Names the reasons for refusals in stable words, for the record, metrics and pages. ``Refusal`` has sentences."""

    NO_INCIDENT = "no_incident"
    NOT_ENROLLED = "not_enrolled"
    KIND_GIVES_NO_ACCESS = "kind_gives_no_access"
    NOT_IN_AGREEMENT = "not_in_agreement"
    ROLE_SEES_NO_VIDEO = "role_sees_no_video"
    ANOTHER_SITE = "another_site"
    NOT_IN_GRANT = "not_in_grant"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Says why something is refused. ``known`` is False if the caller may not even learn that the thing exists.

    Such a refusal is answered with 404, and any other with 403.
    """

    reason: RefusalReason
    detail: str
    known: bool = True
