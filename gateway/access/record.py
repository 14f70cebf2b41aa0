"""What access leaves in the record, and what the refused are told. Pure."""

from gateway.access.grounds import Ground
from gateway.audit.record import AuditEvent, Outcome
from gateway.errors import ClientError, Forbidden, NotFound
from gateway.models import Action, Camera, CameraId, Grant, Principal, Refusal, SiteId

ASKED_LIMIT = 100
"""Characters kept of what somebody asked for, which need not exist."""


def given(grant: Grant, principal: Principal, ground: Ground, origin_address: str) -> AuditEvent:
    """Somebody has got a grant: to whom, for what, on which legal ground and for which threat (34 CFR 99.32)."""
    return AuditEvent(
        kind="grant_given",
        principal=principal.id,
        name=principal.name,
        role=principal.role,
        site=grant.site_id,
        incident=grant.incident_id,
        origin_address=origin_address or None,
        detail={"grant": grant.id, "cameras": sorted(grant.camera_ids), **ground.detail()},
    )


def revoked(grant: Grant, by: Principal) -> AuditEvent:
    """Somebody has ended a grant before its time."""
    return AuditEvent(
        kind="grant_revoked",
        principal=by.id,
        name=by.name,
        role=by.role,
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
    """Somebody was refused. ``site_id`` and ``camera`` only where they exist; ``asked`` is what the request named."""
    return AuditEvent(
        kind=f"{action}_refused",
        principal=principal.id,
        name=principal.name,
        role=principal.role,
        site=site_id or principal.only_site,
        camera=camera.id if camera else None,
        outcome=Outcome.REFUSED,
        reason=refusal.reason.value,
        origin_address=origin_address or None,
        detail={"asked": (asked or "")[:ASKED_LIMIT]},
    )


def site_error(refusal: Refusal) -> ClientError:
    """What the refused are told of a school."""
    if refusal.known:
        return Forbidden(refusal.reason.value, refusal.detail)
    return NotFound("no_such_site", "There is no such school, or it is not yours to see.")


def camera_error(refusal: Refusal) -> ClientError:
    """What the refused are told of a camera: the same of one that does not exist and of one they may not know of."""
    if refusal.known:
        return Forbidden(refusal.reason.value, refusal.detail)
    return NotFound("no_such_camera", "There is no such camera, or it is not yours to see.")
