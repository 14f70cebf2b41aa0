"""Says what an agreement between school and police allows, regardless of camera and incident. Pure."""

from datetime import UTC, datetime

from gateway.configuration.agreement_settings import AgreementSettings, LegalGrounds
from gateway.models import SiteId
from gateway.permission import Refusal, RefusalReason

NO_AGREEMENT = Refusal(RefusalReason.NOT_IN_AGREEMENT, "there is no agreement with this school", known=False)
ROLE_NOT_NAMED = Refusal(
    RefusalReason.NOT_IN_AGREEMENT, "the agreement with this school does not name your role", known=False
)

_DEFAULTS = AgreementSettings(site=SiteId("none"), legal_basis=LegalGrounds(incident="none"))


def rules_of(agreement: AgreementSettings | None) -> AgreementSettings:
    """Return the rules for the school's own people, which hold even without an agreement."""
    return agreement or _DEFAULTS


def not_in_force(agreement: AgreementSettings | None, now: float) -> Refusal | None:
    """Return the reason why the agreement gives the police no access, or None while it is in force."""
    if agreement is None:
        return NO_AGREEMENT
    if agreement.valid_until is not None and datetime.fromtimestamp(now, UTC).date() > agreement.valid_until:
        words = f"the agreement ended on {agreement.valid_until.isoformat()}: {agreement.legal_basis.incident}"
        return Refusal(RefusalReason.NOT_IN_AGREEMENT, words)
    return None
