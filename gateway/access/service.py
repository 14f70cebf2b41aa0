"""Grants: given as ``policy`` says, on disk before they are given, ended with what they stand on."""

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access import record, store
from gateway.access.catalogue import Catalogue
from gateway.access.grounds import Ground, ground_of
from gateway.access.policy import decide, decide_site, is_own, may
from gateway.audit.record import AuditEvent, AuditRecord
from gateway.auth.secret import new_id
from gateway.clock import Clock
from gateway.configuration.settings import Settings
from gateway.errors import ClientError, StorageError, Unavailable
from gateway.incidents.changes import IncidentChange
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import (
    Action,
    Camera,
    CameraId,
    CameraPolicy,
    CloseReason,
    Grant,
    Incident,
    IncidentState,
    Principal,
    Refusal,
    RefusalReason,
    SiteId,
)
from gateway.storage.database import Database
from gateway.storage.owed import Change
from gateway.storage.turns import Urgency

logger = logging.getLogger(__name__)

GIVEN, ENDING = "grant", "grant_end"
"""The kinds of change (``storage.owed``) for grants and their ends."""

NOT_RECORDED = (
    "not_recorded",
    "Nobody new is let in: the gateway can record no access (its disks are full or failing). Call district IT.",
)
UNKNOWN_SITE = Refusal(RefusalReason.UNKNOWN, "there is no such school", known=False)
BARRED = Refusal(RefusalReason.REVOKED, "your access to the cameras of this school has been revoked")
OTHER_GRANT = Refusal(RefusalReason.NOT_IN_GRANT, "this token is for other cameras: ask for a fresh one")

Barred = tuple[str, SiteId, str | None]
"""Whose grant was revoked, where, and under which incident (None: standing access)."""


class Incidents(Protocol):
    """What is needed of ``IncidentService``."""

    def open(self) -> tuple[Incident, ...]:
        """All that are open."""
        ...

    def get(self, incident_id: str) -> Incident | None:
        """One that is open or has ended lately."""
        ...

    def subscribe(self, callback: Callable[[IncidentChange], None]) -> Callable[[], None]:
        """Hear of every change, after its commit."""
        ...


class Audit(Protocol):
    """What is needed of ``AuditLog``."""

    async def append(self, event: AuditEvent) -> None:
        """Record; raises nothing for a store that fails."""
        ...

    def record(self, event: AuditEvent) -> AuditRecord:
        """The event, dated now."""
        ...

    def add(self, session: AsyncSession, record: AuditRecord) -> None:
        """Put a dated record into the caller's transaction."""
        ...

    async def keep_aside(self, records: Sequence[AuditRecord], error: Exception) -> bool:
        """Keep records that the database did not take. Return False if no disk takes them."""
        ...

    async def commit(self, changes: Sequence[Change], events: Sequence[AuditEvent]) -> bool:
        """Put changes on disk with their records. Return False if no disk takes them now; they hold."""
        ...


class AccessService:
    """Who holds which grant. ``start`` before anything else, after the incidents'.

    A revoked grant is not given again: under an incident not until that is over, standing access not for a shift.
    """

    def __init__(
        self,
        db: Database,
        incidents: Incidents,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
        audit: Audit,
    ) -> None:
        self._db = db
        self._incidents = incidents
        self._catalogue = Catalogue(settings)
        self._barred_for = settings.tokens.session_lifetime
        self._clock = clock
        self._metrics = metrics
        self._audit = audit
        db.owed.writer(GIVEN, store.write)
        db.owed.writer(ENDING, store.write_end)
        self._living: dict[str, Grant] = {}
        self._barred: dict[Barred, float] = {}
        self._giving = asyncio.Lock()
        self._ended: Listeners[Grant, CloseReason] = Listeners("grant_ended", metrics)
        self.sites_of = self._catalogue.sites_of
        self.cameras = self._catalogue.cameras
        self.cameras_of = self._catalogue.cameras_of

    async def start(self) -> None:
        """Load the grants that live: not ended, their incident open, and still what the agreement gives."""
        now = self._clock.now()
        async with self._db.reading() as session:
            living = await store.living(session)
            revoked = await store.revoked(session, now - self._barred_for)
        for values in self._db.owed.waiting(ENDING):
            ended = [grant for grant in living if grant.id == values["id"]]
            living = [grant for grant in living if grant.id != values["id"]]
            revoked += [(grant, values["at"]) for grant in ended if values["reason"] == CloseReason.REVOKED]
        for grant, ended_at in revoked:
            self._bar(grant, ended_at)
        self._living = {grant.id: grant for grant in living if self._warranted(grant)}
        try:
            async with self._db.session() as session:
                await store.end_with_incidents(session, now)
                for grant in living:
                    if grant.id not in self._living:
                        await store.end(session, grant.id, now, RefusalReason.NOT_IN_AGREEMENT)
        except StorageError as error:
            logger.warning("grants that are over are not entered as such: %s", error)
        self._incidents.subscribe(self._incident_changed)

    def on_grant_ended(self, callback: Callable[[Grant, CloseReason], None]) -> None:
        """Be told of each grant's end, at once, by a quick call."""
        self._ended.add(callback)

    def living(self, grant_id: str) -> Grant | None:
        """The grant, while it lives."""
        return self._living.get(grant_id)

    def camera(self, camera_id: CameraId) -> Camera:
        """A camera that exists. Raises KeyError."""
        camera = self._catalogue.camera(camera_id)
        if camera is None:
            raise KeyError(camera_id)
        return camera

    def visible_cameras(self, principal: Principal, site_id: SiteId) -> tuple[Camera, ...]:
        """The cameras of a school that ``principal`` may know of, whether or not a picture may be seen now."""
        return tuple(
            camera
            for camera in self.cameras_of(site_id)
            if isinstance(self._decide(principal, Action.STATUS, camera), Grant)
        )

    def standing_cameras(self, principal: Principal, site_id: SiteId) -> frozenset[CameraId]:
        """The cameras of a school that ``principal`` may see without any incident, as the agreement stands today."""
        agreement = self._catalogue.agreement(site_id)
        now = self._clock.now()
        return frozenset(
            camera.id
            for camera in self.cameras_of(site_id)
            if isinstance(decide(principal, Action.VIEW, camera, (), agreement, now), Grant)
        )

    def may(self, principal: Principal, action: Action, site_id: SiteId | None = None) -> Refusal | None:
        """Why not, or None. Neither counted nor recorded: for pages that show what can be done."""
        if site_id is not None and site_id not in self._catalogue.sites:
            return UNKNOWN_SITE
        agreement = None if site_id is None else self._catalogue.agreement(site_id)
        return may(principal, action, site_id, agreement, self._clock.now())

    def incidents_of(self, principal: Principal) -> tuple[Incident, ...]:
        """The open incidents that ``principal`` must not fall out of (``policy.is_own``)."""
        now, agreement = self._clock.now(), self._catalogue.agreement
        return tuple(i for i in self._incidents.open() if is_own(principal, i, agreement(i.site_id), now))

    async def require(
        self, principal: Principal, action: Action, site_id: SiteId | None = None, origin_address: str = ""
    ) -> None:
        """Go on where ``principal`` may. Raises Forbidden or NotFound, counted and recorded."""
        refusal = self.may(principal, action, site_id)
        if refusal is not None:
            raise await self._site_refused(refusal, principal, action, site_id, origin_address)

    async def require_camera(
        self, principal: Principal, action: Action, camera_id: CameraId, origin_address: str = ""
    ) -> Grant:
        """The same for one camera; the answer is the draft of what it stands on. One that is unknown and one that may
        not be known of take the same way."""
        decision = self._decide_by_id(principal, action, camera_id)
        if isinstance(decision, Refusal):
            raise await self._camera_refused(decision, principal, action, camera_id, origin_address)
        return decision

    def ground(self, grant: Grant) -> Ground:
        """Return the legal ground of a grant, or of the draft of one."""
        incident = None if grant.incident_id is None else self._incidents.get(grant.incident_id)
        return ground_of(grant, incident, self._catalogue.agreement(grant.site_id))

    async def refusal(self, principal: Principal, camera_id: CameraId, origin_address: str = "") -> ClientError:
        """The error to raise for a camera that the token's grant does not cover. Counted and recorded."""
        decision = self._decide_by_id(principal, Action.VIEW, camera_id)
        refusal = decision if isinstance(decision, Refusal) else OTHER_GRANT
        return await self._camera_refused(refusal, principal, Action.VIEW, camera_id, origin_address)

    async def grant_for(self, principal: Principal, site_id: SiteId, origin_address: str = "") -> Grant:
        """The living grant of ``principal`` for all that they may view at a school now; given if there is none.

        Raises Forbidden or NotFound with the reason, counted and recorded. Raises Unavailable where no disk takes the
        record of a new grant; those who hold one go on.
        """
        async with self._giving:
            while True:
                decision = self._decide_site(principal, site_id)
                if isinstance(decision, Refusal):
                    break
                for known in self._living.values():
                    if replace(decision, id=known.id, created_at=known.created_at) == known:
                        return known
                grant = replace(decision, id=new_id())
                await self._put_on_record(grant, principal, origin_address)
                # The incident may have ended while that was written: its end found no grant of this kind to end.
                if self._warranted(grant):
                    self._living[grant.id] = grant
                    return grant
        raise await self._site_refused(decision, principal, Action.VIEW, site_id, origin_address)

    async def revoke(self, grant_id: str, by: Principal) -> bool:
        """End a grant before its time, at once; one that has ended already is no error.

        Return False if no disk takes it now: it holds, and is tried again, until a crash.
        """
        async with self._giving:
            grant = self._living.get(grant_id)
            if grant is None:
                return True
            now = self._clock.now()
            self._bar(grant, now)
            self._end(grant, CloseReason.REVOKED)
            values = {"id": grant.id, "at": now, "reason": CloseReason.REVOKED.value}
            return await self._audit.commit([Change(ENDING, grant.id, values)], [record.revoked(grant, by)])

    async def release(self, principal: Principal) -> None:
        """End the grants of somebody who is signed in nowhere any more, at once."""
        async with self._giving:
            held = [grant for grant in self._living.values() if grant.principal_id == principal.id]
            for grant in held:
                self._end(grant, CloseReason.SIGNED_OUT)
            at, reason = self._clock.now(), CloseReason.SIGNED_OUT.value
            ends = [Change(ENDING, grant.id, {"id": grant.id, "at": at, "reason": reason}) for grant in held]
            if ends:
                await self._audit.commit(ends, ())

    async def _put_on_record(self, grant: Grant, principal: Principal, origin_address: str) -> None:
        """Write a new grant and its record into the database. While that takes nothing, the record must be on disk
        elsewhere, and the grant is in memory; after a crash its holder asks for another. Raises Unavailable."""
        given = self._audit.record(record.given(grant, principal, self.ground(grant), origin_address))
        change = Change(GIVEN, grant.id, store.to_values(grant), lasting=False)

        async def with_record(session: AsyncSession) -> None:
            await store.end_with_incidents(session, self._clock.now())
            self._audit.add(session, given)

        owed = self._db.owed
        try:
            await owed.enter([change], with_record, Urgency.PERMISSION)
        except StorageError as error:
            if not await self._audit.keep_aside([given], error):
                owed.forget(change)
                raise Unavailable(*NOT_RECORDED) from error

    async def _site_refused(
        self, refusal: Refusal, principal: Principal, action: Action, site_id: SiteId | None, origin_address: str
    ) -> ClientError:
        self._metrics.refusals.labels(refusal.reason).inc()
        known = site_id if site_id in self._catalogue.sites else None
        await self._audit.append(record.refused(refusal, principal, action, site_id, known, None, origin_address))
        return record.site_error(refusal)

    async def _camera_refused(
        self, refusal: Refusal, principal: Principal, action: Action, camera_id: CameraId, origin_address: str
    ) -> ClientError:
        self._metrics.refusals.labels(refusal.reason).inc()
        camera = self._catalogue.camera(camera_id)
        site_id = camera.site_id if camera else None
        await self._audit.append(record.refused(refusal, principal, action, camera_id, site_id, camera, origin_address))
        return record.camera_error(refusal)

    def _decide(self, principal: Principal, action: Action, camera: Camera) -> Grant | Refusal:
        agreement = self._catalogue.agreement(camera.site_id)
        return decide(principal, action, camera, self._incidents.open(), agreement, self._clock.now())

    def _decide_by_id(self, principal: Principal, action: Action, camera_id: CameraId) -> Grant | Refusal:
        unknown = Camera(camera_id, SiteId(""), "", CameraPolicy.NEVER)
        return self._decide(principal, action, self._catalogue.camera(camera_id) or unknown)

    def _decide_site(self, principal: Principal, site_id: SiteId) -> Grant | Refusal:
        now = self._clock.now()
        agreement = self._catalogue.agreement(site_id)
        decision = decide_site(principal, site_id, self.cameras_of(site_id), self._incidents.open(), agreement, now)
        if site_id not in self._catalogue.sites:
            return UNKNOWN_SITE
        if isinstance(decision, Grant) and self._barred.get(_bar_of(decision), 0.0) > now:
            return BARRED
        return decision

    def _warranted(self, grant: Grant) -> bool:
        """Whether what the grant stands on would still give all of it."""
        holder = Principal(grant.principal_id, "", grant.role, frozenset({grant.site_id}))
        basis = [incident for incident in self._incidents.open() if incident.id == grant.incident_id]
        agreement = self._catalogue.agreement(grant.site_id)
        decision = decide_site(
            holder, grant.site_id, self.cameras_of(grant.site_id), basis, agreement, self._clock.now()
        )
        return isinstance(decision, Grant) and grant.camera_ids <= decision.camera_ids

    def _incident_changed(self, change: IncidentChange) -> None:
        if change.incident.state is IncidentState.OPEN:
            return
        for grant in [g for g in self._living.values() if g.incident_id == change.incident.id]:
            self._end(grant, CloseReason.INCIDENT_ENDED)
        self._barred = {bar: until for bar, until in self._barred.items() if bar[2] != change.incident.id}

    def _end(self, grant: Grant, reason: CloseReason) -> None:
        del self._living[grant.id]
        self._ended.tell(grant, reason)

    def _bar(self, grant: Grant, revoked_at: float) -> None:
        self._barred[_bar_of(grant)] = math.inf if grant.incident_id else revoked_at + self._barred_for


def _bar_of(grant: Grant) -> Barred:
    return grant.principal_id, grant.site_id, grant.incident_id
