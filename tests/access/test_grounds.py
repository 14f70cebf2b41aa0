import pytest

from gateway.access.grounds import NOT_STATED, ground_of
from gateway.configuration.agreement_settings import AgreementSettings, LegalGrounds
from gateway.incident import Incident, Origin
from gateway.models import IncidentKind, IncidentState, Role, SiteId
from gateway.permission import Grant, GrantBasis

OAK = SiteId("oak")
GROUNDS = LegalGrounds(incident="emergency", drill="exercise", standing="entrances", school="school official")
REAL, DRILL, TEST = IncidentKind.REAL, IncidentKind.DRILL, IncidentKind.TEST


def grant(role: Role, basis: GrantBasis) -> Grant:
    return Grant("g", "p", role, OAK, frozenset(), basis, "i" if basis is GrantBasis.INCIDENT else None, 0.0)


def incident(kind: IncidentKind) -> Incident:
    return Incident("i", OAK, kind, IncidentState.OPEN, Origin("console", "Ben"), 0.0, 9.0, threat="shots heard")


def agreement(grounds: LegalGrounds = GROUNDS) -> AgreementSettings:
    return AgreementSettings(site=OAK, legal_basis=grounds)


@pytest.mark.parametrize(
    ("role", "kind", "words"),
    [
        (Role.PATROL, REAL, "emergency"),
        (Role.PATROL, DRILL, "exercise"),
        (Role.PATROL, TEST, "exercise"),
        (Role.PATROL, None, "entrances"),
        (Role.HEADQUARTERS, None, "entrances"),
        (Role.COORDINATOR, None, "school official"),
        (Role.COORDINATOR, REAL, "school official"),
        (Role.DISTRICT_IT, None, "school official"),
    ],
)
def test_each_basis_has_its_own_ground(role: Role, kind: IncidentKind | None, words: str) -> None:
    going_on = None if kind is None else incident(kind)
    basis = GrantBasis.STANDING if kind is None else GrantBasis.INCIDENT
    ground = ground_of(grant(role, basis), going_on, agreement())
    assert (ground.basis, ground.legal_basis) == (basis, words)
    assert ground.threat == (None if kind is None else "shots heard")


@pytest.mark.parametrize("kind", [DRILL, None])
def test_a_ground_that_is_not_stated_is_never_recorded_as_an_emergency(kind: IncidentKind | None) -> None:
    plain = AgreementSettings.model_validate({"site": "oak", "legal_basis": "emergency"})
    basis = GrantBasis.STANDING if kind is None else GrantBasis.INCIDENT
    going_on = None if kind is None else incident(kind)
    assert ground_of(grant(Role.PATROL, basis), going_on, plain).legal_basis == NOT_STATED
    assert ground_of(grant(Role.PATROL, GrantBasis.INCIDENT), incident(REAL), plain).legal_basis == "emergency"


def test_an_unknown_incident_is_not_called_an_emergency() -> None:
    assert ground_of(grant(Role.PATROL, GrantBasis.INCIDENT), None, agreement()).legal_basis == NOT_STATED


def test_without_an_agreement_only_the_schools_own_people_have_a_ground() -> None:
    assert "99.31(a)(1)" in ground_of(grant(Role.COORDINATOR, GrantBasis.STANDING), None, None).legal_basis
    assert ground_of(grant(Role.PATROL, GrantBasis.STANDING), None, None).legal_basis == NOT_STATED


def test_the_record_names_the_threat_only_if_there_is_one() -> None:
    assert ground_of(grant(Role.PATROL, GrantBasis.STANDING), None, agreement()).detail() == {
        "basis": "standing",
        "legal_basis": "entrances",
    }
