"""Describes a viewing, which is one person watching one camera, and records it."""

from dataclasses import dataclass

from gateway.audit.audit_event import AuditEvent
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.models import Camera, Principal, StreamName
from gateway.permission import Grant


@dataclass(frozen=True, slots=True)
class Viewing:
    """Describes one person who is watching one camera.

    ``secret`` is the path segment of its WHEP resource, and is never logged. ``stream`` is the stream that is being
    sent, and ``waiting`` says why nothing is being sent ("" while something is). The viewer's RTP timestamps are the
    stream's own plus ``shift`` (90 kHz ticks, mod 2^32). ``legal_basis`` states the ground of the grant.
    ``renewals`` counts the tokens after the first.
    """

    id: str
    secret: str
    sign_in_id: str
    principal: Principal
    camera: Camera
    stream: StreamName
    grant: Grant
    since_at: float
    address: str
    legal_basis: str
    waiting: str = ""
    shift: int = 0
    renewals: int = 0


def event_of(viewing: Viewing, kind: Kind, reason: str | None = None, **detail: object) -> AuditEvent:
    """Return the audit event of something that happened to a viewing."""
    return AuditEvent.of(
        viewing.principal,
        kind,
        site=viewing.camera.site_id,
        camera=viewing.camera.id,
        incident=viewing.grant.incident_id,
        reason=reason,
        origin_address=viewing.address,
        detail={"session": viewing.id, "grant": viewing.grant.id, **detail},
    )


async def record(audit: AuditLog, viewing: Viewing, kind: Kind, reason: str | None, **detail: object) -> None:
    """Record that a viewing was opened or closed."""
    ground = {"basis": viewing.grant.basis.value, "legal_basis": viewing.legal_basis, "stream": viewing.stream.value}
    await audit.append(event_of(viewing, kind, reason, **ground, **detail))
