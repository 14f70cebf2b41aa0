"""Publishes what happens in the services on the event channel, to the people who may know about it."""

import logging
import math
from typing import Any

from gateway.access.roles import Topic, hears
from gateway.api.hub import Message
from gateway.api.routes.incidents import incident_view
from gateway.api.services import Services
from gateway.api.views import lifetime, plan_proposal, plan_version, session, watcher
from gateway.auth.sessions import SignIn
from gateway.incidents.changes import IncidentChange
from gateway.incidents.incident_events import Effect
from gateway.models import CameraId, IncidentState, SiteId
from gateway.permission import Action
from gateway.viewing.recording import Viewing
from gateway.webrtc.interface import SessionEvent

logger = logging.getLogger(__name__)


def watchers_of(services: Services, site: SiteId) -> list[dict[str, Any]]:
    """Return the people who are watching a site, in the order in which they began."""
    found = [viewing for viewing in services.viewing.viewings() if viewing.camera.site_id == site]
    return [watcher(viewing) for viewing in sorted(found, key=lambda viewing: viewing.since_at)]


AGES_EVERY = 1.0
"""Seconds between checks of the ages of all cameras' pictures. A change of state is published."""
MERGED_EVERY = 2.0
"""Seconds between two events of one incident that report only merged triggers."""


class Newsroom:
    """Listens to the services and publishes. It keeps only the state that it needs to avoid repeating itself."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._cameras = {camera.id: camera for camera in services.access.cameras()}
        self._ages: dict[CameraId, tuple[str, ...]] = {}
        self._merged_at: dict[str, float] = {}
        self._waiting: dict[str, IncidentChange] = {}

    async def run(self) -> None:
        """Publish cameras whose pictures became late or live again, and merged triggers that had to wait.

        Run until cancelled.
        """
        while True:
            await self._services.clock.sleep(AGES_EVERY)
            self._look_at_ages()
            for change in list(self._waiting.values()):
                self._incident(change)

    def start(self) -> None:
        """Begin to listen. Call this once, after all services are built."""
        services = self._services
        services.incidents.subscribe(self._incident)
        services.viewing.observe(self._viewing)
        services.sign_ins.on_changed(self._sign_in)
        services.sign_ins.serve(services.hub)
        services.webhooks.on_refused(self._refused)
        services.clock_steps.on_step(self._clock_step)
        services.plans.on_published(self._plan)
        services.drafts.proposals.on_changed(self._proposal)
        services.pictures.media.events.status.add(lambda status: self._camera(status.camera_id))
        services.pictures.media.events.picture.add(self._camera)

    def _look_at_ages(self) -> None:
        for camera_id in self._cameras:
            states = self._services.pictures.age_states(camera_id)
            if self._ages.setdefault(camera_id, states) != states:
                self._camera(camera_id)

    def _camera(self, camera_id: CameraId) -> None:
        """Publish a camera's status to everybody who may know about the camera."""
        services, camera = self._services, self._cameras[camera_id]
        self._ages[camera_id] = services.pictures.age_states(camera_id)
        viewers = sum(viewing.camera.id == camera.id for viewing in services.viewing.viewings())
        services.hub.publish(
            {"type": "camera", "camera": services.pictures.status(camera, viewers)},
            lambda principal: camera in services.access.visible_cameras(principal, camera.site_id),
        )

    def _incident(self, change: IncidentChange) -> None:
        """Publish a change of an incident at once, unless it is a merged trigger that follows another too soon.

        Such a trigger waits, and only the last one that arrives in the meantime is published. A stuck button sends
        thousands of triggers, and a patrol car's link is needed for pictures.
        """
        incident, now = change.incident, self._services.clock.monotonic()
        if change.effect is Effect.MERGED:
            if now - self._merged_at.get(incident.id, -math.inf) < MERGED_EVERY:
                self._waiting[incident.id] = change
                return
            self._merged_at[incident.id] = now
        elif incident.state is not IncidentState.OPEN:
            self._merged_at.pop(incident.id, None)
        self._waiting.pop(incident.id, None)
        view = incident_view(self._services, incident)
        message = {"type": "incident", "incident": view, "alarm": change.alarm}
        self._publish(Topic.INCIDENTS, incident.site_id, message)

    def _viewing(self, viewing: Viewing, event: SessionEvent) -> None:
        if event.kind in {"connected", "stream", "closed"}:
            self._services.hub.tell(viewing.principal.id, session(viewing, event.kind, event.reason))
        if event.kind in {"connected", "closed"}:
            site = viewing.camera.site_id
            watchers = watchers_of(self._services, site)
            self._publish(Topic.WATCHERS, site, {"type": "watchers", "site": site, "watchers": watchers})

    def _sign_in(self, sign_in: SignIn) -> None:
        """Tell the pages of a sign-in its new end."""
        services = self._services
        life = lifetime(sign_in, services.loaded.settings, services.sign_ins.carried_on(sign_in))
        services.hub.tell_sign_in(sign_in.id, {"type": "sign_in", **life})

    def _plan(self, site: SiteId) -> None:
        """Tell every page that may show the school's plan to read it again."""
        services = self._services
        services.hub.publish(
            {"type": "plan", "site": site, "version": plan_version(services.plans.version(site))},
            lambda principal: site in services.access.sites_of(principal),
        )

    def _proposal(self, site: SiteId) -> None:
        """Tell those who may approve the school's plan that a proposal waits, or waits no longer."""
        services = self._services
        services.hub.publish(
            {"type": "plan_proposal", "site": site, "proposal": plan_proposal(services.drafts.proposals.get(site))},
            lambda principal: services.access.may(principal, Action.APPROVE_PLAN, site) is None,
        )

    def _clock_step(self, by: float) -> None:
        self._publish(Topic.CLOCK, None, {"type": "clock_step", "by": by, "at": self._services.clock.now()})

    def _refused(self, site: SiteId, webhook: str, reason: str) -> None:
        at = self._services.clock.now()
        message = {"type": "trigger_refused", "site": site, "webhook": webhook, "reason": reason, "at": at}
        self._publish(Topic.REFUSED_TRIGGERS, site, message)

    def _publish(self, topic: Topic, site: SiteId | None, message: Message) -> None:
        """Send an event to everybody who is told about ``topic`` and may know about its school, if there is one."""
        services = self._services
        services.hub.publish(
            message,
            lambda principal: hears(principal, topic) and (site is None or site in services.access.sites_of(principal)),
        )
