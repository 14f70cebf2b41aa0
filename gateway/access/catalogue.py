"""Looks up the district's schools, cameras and agreements in the settings. It does no I/O and needs no time."""

from collections.abc import Iterator, Set

from gateway.configuration.agreement_settings import AgreementSettings
from gateway.configuration.settings import Settings
from gateway.configuration.site_settings import SiteSettings
from gateway.models import Camera, CameraId, CameraPolicy, Principal, SiteId


class Catalogue:
    """Knows which schools and cameras there are, and which agreement applies to each."""

    def __init__(self, settings: Settings) -> None:
        self._agreements = {agreement.site: agreement for agreement in settings.agreements}
        self._cameras = {SiteId(site.id): tuple(self._cameras_in(site)) for site in settings.sites}
        self._by_id = {camera.id: camera for camera in self.cameras()}

    @property
    def sites(self) -> Set[SiteId]:
        """Return the ids of every school."""
        return self._cameras.keys()

    def sites_of(self, principal: Principal) -> frozenset[SiteId]:
        """Return the schools that ``principal`` may know about."""
        return principal.site_ids.intersection(self.sites) if principal.site_ids else frozenset(self.sites)

    def cameras(self) -> tuple[Camera, ...]:
        """Return every camera of the district."""
        return tuple(camera for cameras in self._cameras.values() for camera in cameras)

    def cameras_of(self, site_id: SiteId) -> tuple[Camera, ...]:
        """Return the cameras of a school. An unknown school has none."""
        return self._cameras.get(site_id, ())

    def camera(self, camera_id: CameraId) -> Camera | None:
        """Return the camera with this id, or None."""
        return self._by_id.get(camera_id)

    def agreement(self, site_id: SiteId) -> AgreementSettings | None:
        """Return the agreement with a school, or None."""
        return self._agreements.get(site_id)

    def _cameras_in(self, site: SiteSettings) -> Iterator[Camera]:
        site_id = SiteId(site.id)
        agreement = self._agreements.get(site_id)
        for camera in site.cameras:
            camera_id, policy = CameraId(camera.id), CameraPolicy.INCIDENT
            if agreement is not None:
                policy = agreement.cameras.get(camera_id, agreement.default_policy)
            yield Camera(camera_id, site_id, camera.name, policy)
