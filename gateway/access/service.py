"""Answers who may do what now, by asking ``policy``. It also counts and records refusals."""

from gateway.access import outcomes
from gateway.access.catalogue import Catalogue
from gateway.access.grounds import Ground, ground_of
from gateway.access.policy import decide, decide_site, is_own, may
from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.configuration.settings import Settings
from gateway.errors import ClientError
from gateway.incident import Incident
from gateway.incidents.service import IncidentService
from gateway.metrics import Metrics
from gateway.models import Camera, CameraId, CameraPolicy, Principal, SiteId
from gateway.permission import Action, Grant, Refusal, RefusalReason

UNKNOWN_SITE = Refusal(RefusalReason.UNKNOWN, "there is no such school", known=False)
OTHER_GRANT = Refusal(RefusalReason.NOT_IN_GRANT, "this token is for other cameras: ask for a fresh one")


class AccessService:
    """Asks the policy, with the current incidents, agreement and time. It keeps no permissions; ``grants`` does."""

    def __init__(
        self, incidents: IncidentService, settings: Settings, clock: Clock, metrics: Metrics, audit: AuditLog
    ) -> None:
        self._incidents = incidents
        self._catalogue = Catalogue(settings)
        self._clock = clock
        self._metrics = metrics
        self._audit = audit
        self.sites_of = self._catalogue.sites_of
        self.cameras = self._catalogue.cameras
        self.cameras_of = self._catalogue.cameras_of

    def camera(self, camera_id: CameraId) -> Camera:
        """Return a camera. Raises KeyError if there is none with this id."""
        camera = self._catalogue.camera(camera_id)
        if camera is None:
            raise KeyError(camera_id)
        return camera

    def visible_cameras(self, principal: Principal, site_id: SiteId) -> tuple[Camera, ...]:
        """Return the cameras of a school that ``principal`` may know about, even those that they may not view now."""
        return tuple(
            camera
            for camera in self.cameras_of(site_id)
            if isinstance(self._decide(principal, Action.STATUS, camera), Grant)
        )

    def standing_cameras(self, principal: Principal, site_id: SiteId) -> frozenset[CameraId]:
        """Return the cameras of a school that the agreement opens to ``principal`` today without any incident."""
        agreement = self._catalogue.agreement(site_id)
        now = self._clock.now()
        return frozenset(
            camera.id
            for camera in self.cameras_of(site_id)
            if isinstance(decide(principal, Action.VIEW, camera, (), agreement, now), Grant)
        )

    def may(self, principal: Principal, action: Action, site_id: SiteId | None = None) -> Refusal | None:
        """Return why they may not, or None if they may. Nothing is recorded: pages ask this to decide which buttons to
        show.
        """
        if site_id is not None and site_id not in self._catalogue.sites:
            return UNKNOWN_SITE
        agreement = None if site_id is None else self._catalogue.agreement(site_id)
        return may(principal, action, site_id, agreement, self._clock.now())

    def incidents_of(self, principal: Principal) -> tuple[Incident, ...]:
        """Return the open incidents during which ``principal`` must stay signed in (``policy.is_own``)."""
        now, agreement = self._clock.now(), self._catalogue.agreement
        return tuple(i for i in self._incidents.open() if is_own(principal, i, agreement(i.site_id), now))

    def draft_for(self, principal: Principal, site_id: SiteId) -> Grant | Refusal:
        """Return a draft grant for everything that ``principal`` may view at a school now, or why there is none."""
        if site_id not in self._catalogue.sites:
            return UNKNOWN_SITE
        return self._decide_site(principal, site_id, self._incidents.open())

    def warrants(self, grant: Grant) -> bool:
        """Return True if the grant's incident or agreement would still open all of its cameras."""
        holder = Principal(grant.principal_id, "", grant.role, frozenset({grant.site_id}))
        basis = tuple(incident for incident in self._incidents.open() if incident.id == grant.incident_id)
        decision = self._decide_site(holder, grant.site_id, basis)
        return isinstance(decision, Grant) and grant.camera_ids <= decision.camera_ids

    def ground(self, grant: Grant) -> Ground:
        """Return the legal ground of a grant or a draft."""
        incident = None if grant.incident_id is None else self._incidents.get(grant.incident_id)
        return ground_of(grant, incident, self._catalogue.agreement(grant.site_id))

    async def require(
        self, principal: Principal, action: Action, site_id: SiteId | None = None, origin_address: str = ""
    ) -> None:
        """Do nothing if ``principal`` may. Otherwise count and record the refusal, and raise Forbidden or NotFound."""
        refusal = self.may(principal, action, site_id)
        if refusal is not None:
            raise await self.site_refused(refusal, principal, action, site_id, origin_address)

    async def require_camera(
        self, principal: Principal, action: Action, camera_id: CameraId, origin_address: str = ""
    ) -> Grant:
        """Do the same for one camera, and return a draft of its grant.

        An unknown camera and one that they may not know about take the same path, so that nothing tells them apart.
        """
        decision = self._decide_by_id(principal, action, camera_id)
        if isinstance(decision, Refusal):
            raise await self._camera_refused(decision, principal, action, camera_id, origin_address)
        return decision

    async def refusal(self, principal: Principal, camera_id: CameraId, origin_address: str = "") -> ClientError:
        """Count and record that a token's grant does not cover a camera. Return the error to raise."""
        decision = self._decide_by_id(principal, Action.VIEW, camera_id)
        refusal = decision if isinstance(decision, Refusal) else OTHER_GRANT
        return await self._camera_refused(refusal, principal, Action.VIEW, camera_id, origin_address)

    async def site_refused(
        self, refusal: Refusal, principal: Principal, action: Action, site_id: SiteId | None, origin_address: str
    ) -> ClientError:
        """Count and record that ``principal`` may not do this at a school, or anywhere. Return the error to raise."""
        self._metrics.refusals.labels(refusal.reason).inc()
        known = site_id if site_id in self._catalogue.sites else None
        await self._audit.append(outcomes.refused(refusal, principal, action, site_id, known, None, origin_address))
        return outcomes.site_error(refusal)

    async def _camera_refused(
        self, refusal: Refusal, principal: Principal, action: Action, camera_id: CameraId, origin_address: str
    ) -> ClientError:
        self._metrics.refusals.labels(refusal.reason).inc()
        camera = self._catalogue.camera(camera_id)
        site_id = camera.site_id if camera else None
        await self._audit.append(
            outcomes.refused(refusal, principal, action, camera_id, site_id, camera, origin_address)
        )
        return outcomes.camera_error(refusal)

    def _decide(self, principal: Principal, action: Action, camera: Camera) -> Grant | Refusal:
        agreement = self._catalogue.agreement(camera.site_id)
        return decide(principal, action, camera, self._incidents.open(), agreement, self._clock.now())

    def _decide_by_id(self, principal: Principal, action: Action, camera_id: CameraId) -> Grant | Refusal:
        unknown = Camera(camera_id, SiteId(""), "", CameraPolicy.NEVER)
        return self._decide(principal, action, self._catalogue.camera(camera_id) or unknown)

    def _decide_site(self, principal: Principal, site_id: SiteId, basis: tuple[Incident, ...]) -> Grant | Refusal:
        agreement, cameras = self._catalogue.agreement(site_id), self.cameras_of(site_id)
        return decide_site(principal, site_id, cameras, basis, agreement, self._clock.now())
