"""Gives and ends grants. A grant is on disk before its holder gets it, and it ends with whatever it is based on."""

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access import outcomes, store
from gateway.access.service import AccessService
from gateway.audit.log import AuditLog
from gateway.auth.secret import new_id
from gateway.clock import Clock
from gateway.errors import StorageError, Unavailable
from gateway.incidents.changes import IncidentChange
from gateway.incidents.service import IncidentService
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CloseReason, IncidentState, Principal, SiteId
from gateway.permission import Action, Grant, Refusal, RefusalReason
from gateway.storage.change import Change
from gateway.storage.database import Database
from gateway.storage.turns import Urgency

logger = logging.getLogger(__name__)

GIVEN, ENDING = "grant", "grant_end"
"""The kinds of change (``storage.owed``) that write a grant, and the end of a grant."""

NOT_RECORDED = (
    "not_recorded",
    "Nobody new is let in, because the gateway cannot record access (its disks are full or failing). Call district IT.",
)
BARRED = Refusal(RefusalReason.REVOKED, "your access to the cameras of this school has been revoked")

LOOK_EVERY = 0.5
"""Seconds between checks whether a day, and with it an agreement, has ended."""

Barred = tuple[str, SiteId, str | None]
"""The holder of a revoked grant, its school, and its incident (None for standing access)."""


class Grants:
    """Gives grants, and knows who holds which. Call ``start`` before anything else, but after the incident service's.

    Once a grant is revoked, its holder gets no other grant for a while. A grant under an incident is barred until that
    incident is over. Standing access is barred for ``barred_for`` seconds, which is one shift.
    """

    def __init__(
        self,
        db: Database,
        access: AccessService,
        incidents: IncidentService,
        barred_for: float,
        clock: Clock,
        metrics: Metrics,
        audit: AuditLog,
    ) -> None:
        self._db = db
        self._access = access
        self._incidents = incidents
        self._barred_for = barred_for
        self._clock = clock
        self._audit = audit
        db.owed.writer(GIVEN, store.write)
        db.owed.writer(ENDING, store.write_end)
        self._living: dict[str, Grant] = {}
        self._barred: dict[Barred, float] = {}
        self._giving = asyncio.Lock()
        self._day: date | None = None
        self._ended: Listeners[Grant, CloseReason] = Listeners("grant_ended", metrics)

    async def start(self) -> None:
        """Load the living grants: those that have not ended and that their incident and agreement still support."""
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
        self._living = {grant.id: grant for grant in living if self._access.warrants(grant)}
        try:
            async with self._db.session() as session:
                await store.end_with_incidents(session, now)
                for grant in living:
                    if grant.id not in self._living:
                        await store.end(session, grant.id, now, RefusalReason.NOT_IN_AGREEMENT)
        except StorageError as error:
            logger.warning("could not mark grants as ended in the database: %s", error)
        self._incidents.subscribe(self._incident_changed)

    async def run(self) -> None:
        """End grants with their agreements, until cancelled. The server owns this task."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            await self.end_with_agreements()

    async def end_with_agreements(self) -> None:
        """If a day (UTC) has ended since the last call, end at once all grants whose agreement ended with it."""
        now = self._clock.now()
        today = datetime.fromtimestamp(now, UTC).date()
        if today == self._day:
            return
        self._day = today
        over = [grant for grant in self._living.values() if not self._access.warrants(grant)]
        for grant in over:
            self._end(grant, CloseReason.AGREEMENT_ENDED)
        reason = RefusalReason.NOT_IN_AGREEMENT.value
        ends = [Change(ENDING, grant.id, {"id": grant.id, "at": now, "reason": reason}) for grant in over]
        if ends:
            await self._audit.commit(ends, ())

    def on_ended(self, callback: Callable[[Grant, CloseReason], None]) -> None:
        """Call ``callback`` as soon as a grant ends. It must return quickly."""
        self._ended.add(callback)

    def living(self, grant_id: str) -> Grant | None:
        """Return the grant, or None if it has ended."""
        return self._living.get(grant_id)

    async def give(self, principal: Principal, site_id: SiteId, origin_address: str = "") -> Grant:
        """Return a grant for everything that ``principal`` may view at a school now: the living one, or else a new one.

        Raises Forbidden or NotFound with the reason; the refusal is counted and recorded. Raises Unavailable if the
        record of a new grant cannot be written to any disk. That does not affect existing grants.
        """
        async with self._giving:
            while True:
                decision = self._decide(principal, site_id)
                if isinstance(decision, Refusal):
                    break
                for known in self._living.values():
                    if replace(decision, id=known.id, created_at=known.created_at) == known:
                        return known
                grant = replace(decision, id=new_id())
                await self._put_on_record(grant, principal, origin_address)
                # The incident may have ended during the write, when there was no grant for it to end.
                if self._access.warrants(grant):
                    self._living[grant.id] = grant
                    return grant
        raise await self._access.site_refused(decision, principal, Action.VIEW, site_id, origin_address)

    async def revoke(self, grant_id: str, by: Principal) -> bool:
        """End a grant at once, before its time. If it has already ended, do nothing.

        Return False if the revocation cannot be written to any disk now. It takes effect all the same and the write is
        retried, but a crash before then would undo it.
        """
        async with self._giving:
            grant = self._living.get(grant_id)
            if grant is None:
                return True
            now = self._clock.now()
            self._bar(grant, now)
            self._end(grant, CloseReason.REVOKED)
            values = {"id": grant.id, "at": now, "reason": CloseReason.REVOKED.value}
            return await self._audit.commit([Change(ENDING, grant.id, values)], [outcomes.revoked(grant, by)])

    async def release(self, principal: Principal) -> None:
        """End at once all grants of a person whose last sign-in has ended."""
        async with self._giving:
            held = [grant for grant in self._living.values() if grant.principal_id == principal.id]
            for grant in held:
                self._end(grant, CloseReason.SIGNED_OUT)
            at, reason = self._clock.now(), CloseReason.SIGNED_OUT.value
            ends = [Change(ENDING, grant.id, {"id": grant.id, "at": at, "reason": reason}) for grant in held]
            if ends:
                await self._audit.commit(ends, ())

    async def _put_on_record(self, grant: Grant, principal: Principal, origin_address: str) -> None:
        """Write a new grant and its record into the database.

        If the database accepts no writes, the record must reach the spool, and the grant is kept in memory only: after
        a crash, its holder must ask for another one. Raises Unavailable if the spool fails too.
        """
        given = self._audit.record(outcomes.given(grant, principal, self._access.ground(grant), origin_address))
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

    def _decide(self, principal: Principal, site_id: SiteId) -> Grant | Refusal:
        decision = self._access.draft_for(principal, site_id)
        if isinstance(decision, Grant) and self._barred.get(_bar_of(decision), 0.0) > self._clock.now():
            return BARRED
        return decision

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
