"""Makes the audit events of access decisions, and the errors that refused people are shown. Pure."""

from gateway.access.grounds import Ground
from gateway.audit.audit_event import AuditEvent, Outcome
from gateway.audit.kinds import Kind
from gateway.errors import ClientError, Forbidden, NotFound
from gateway.models import Camera, CameraId, Principal, SiteId
from gateway.permission import Action, Grant, Refusal

ASKED_LIMIT = 100
"""The maximum number of characters that a record keeps of a requested id, which may be any text."""

_REFUSED = {action: Kind[f"{action.name}_REFUSED"] for action in Action}


def given(grant: Grant, principal: Principal, ground: Ground, origin_address: str) -> AuditEvent:
    """Return the event of a new grant: for whom, for what, on which legal ground, for which threat (34 CFR 99.32)."""
    return AuditEvent.of(
        principal,
        Kind.GRANT_GIVEN,
        site=grant.site_id,
        incident=grant.incident_id,
        origin_address=origin_address or None,
        detail={"grant": grant.id, "cameras": sorted(grant.camera_ids), **ground.detail()},
    )


def revoked(grant: Grant, by: Principal) -> AuditEvent:
    """Return the event of a grant that ``by`` has ended before its time."""
    return AuditEvent.of(
        by,
        Kind.GRANT_REVOKED,
        site=grant.site_id,
        incident=grant.incident_id,
        detail={"grant": grant.id, "of": grant.principal_id},
    )


def refused(
    refusal: Refusal,
    principal: Principal,
    action: Action,
    asked: CameraId | SiteId | None,
    site_id: SiteId | None,
    camera: Camera | None,
    origin_address: str,
) -> AuditEvent:
    """Return the event of a refusal. ``asked`` is what the request named; ``site_id`` and ``camera`` must exist."""
    return AuditEvent.of(
        principal,
        _REFUSED[action],
        site=site_id or principal.only_site,
        camera=camera.id if camera else None,
        outcome=Outcome.REFUSED,
        reason=refusal.reason.value,
        origin_address=origin_address or None,
        detail={"asked": (asked or "")[:ASKED_LIMIT]},
    )


def site_error(refusal: Refusal) -> ClientError:
    """Return the error for a person who was refused something at a school."""
    if refusal.known:
        return Forbidden(refusal.reason.value, refusal.detail)
    return NotFound("no_such_site", "There is no such school, or it is not yours to see.")


def camera_error(refusal: Refusal) -> ClientError:
    """Return the error for a person who was refused a camera.

    A camera that does not exist and one that they may not know about give the same error.
    """
    if refusal.known:
        return Forbidden(refusal.reason.value, refusal.detail)
    return NotFound("no_such_camera", "There is no such camera, or it is not yours to see.")
