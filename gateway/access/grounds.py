"""Names the legal ground on which somebody sees a camera, for the record of disclosure (34 CFR 99.32). Pure."""

from dataclasses import dataclass

from gateway.configuration.agreement_settings import AgreementSettings, LegalGrounds
from gateway.incident import Incident
from gateway.models import POLICE_ROLES, IncidentKind
from gateway.permission import Grant, GrantBasis

NOT_STATED = "not stated in the agreement"


@dataclass(frozen=True, slots=True)
class Ground:
    """States a legal ground: the ``basis`` of a grant, the agreement's words and, for an incident, the threat."""

    basis: GrantBasis
    legal_basis: str
    threat: str | None

    def detail(self) -> dict[str, object]:
        """Return the fields that the record shows."""
        words: dict[str, object] = {"basis": self.basis.value, "legal_basis": self.legal_basis}
        return words if self.threat is None else words | {"threat": self.threat}


def ground_of(grant: Grant, incident: Incident | None, agreement: AgreementSettings | None) -> Ground:
    """Return the ground of ``grant``. ``incident`` is the one that it is based on, or None for standing access."""
    words = _words(grant, incident, agreement.legal_basis if agreement else None)
    return Ground(grant.basis, words or NOT_STATED, incident.threat if incident else None)


def _words(grant: Grant, incident: Incident | None, grounds: LegalGrounds | None) -> str | None:
    if grant.role not in POLICE_ROLES:
        return grounds.school if grounds else LegalGrounds.model_fields["school"].default
    if grounds is None:
        return None
    if grant.basis is GrantBasis.STANDING:
        return grounds.standing
    if incident is None:
        return None
    return grounds.incident if incident.kind is IncidentKind.REAL else grounds.drill
