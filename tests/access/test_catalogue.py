from gateway.access.catalogue import Catalogue
from gateway.configuration.settings import Settings
from gateway.models import CameraId, CameraPolicy, Principal, Role, SiteId

OAK, ELM = SiteId("oak"), SiteId("elm")


def camera(name: str) -> dict[str, object]:
    return {"id": name, "name": name, "main": {"url": f"rtsp://127.0.0.1/{name}"}}


SETTINGS = Settings.model_validate(
    {
        "district": "Riverside",
        "sites": [
            {"id": "oak", "name": "Oak", "plan": "/oak.geojson", "cameras": [camera("oak-door"), camera("oak-gym")]},
            {"id": "elm", "name": "Elm", "plan": "/elm.geojson", "cameras": [camera("elm-door")]},
        ],
        "agreements": [
            {"site": "oak", "legal_basis": "A", "default_policy": "never", "cameras": {"oak-door": "always"}}
        ],
    }
)


def test_a_camera_has_the_policy_that_the_agreement_gives_it_or_its_default() -> None:
    catalogue = Catalogue(SETTINGS)
    policies = {camera.id: camera.policy for camera in catalogue.cameras()}
    assert policies == {
        "oak-door": CameraPolicy.ALWAYS,
        "oak-gym": CameraPolicy.NEVER,
        "elm-door": CameraPolicy.INCIDENT,
    }


def test_the_catalogue_returns_nothing_for_what_it_does_not_know() -> None:
    catalogue = Catalogue(SETTINGS)
    assert catalogue.cameras_of(SiteId("ash")) == ()
    assert catalogue.camera(CameraId("ash-door")) is None
    assert catalogue.agreement(ELM) is None


def test_a_principal_bound_to_no_school_has_all_and_others_have_theirs() -> None:
    catalogue = Catalogue(SETTINGS)
    assert catalogue.sites_of(Principal("p", "P", Role.PATROL)) == {OAK, ELM}
    assert catalogue.sites_of(Principal("c", "C", Role.COORDINATOR, frozenset({ELM}))) == {ELM}
    assert catalogue.sites_of(Principal("c", "C", Role.COORDINATOR, frozenset({SiteId("ash")}))) == frozenset()
