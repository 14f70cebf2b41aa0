"""Keeps sign-ins in step with incidents and time: carries them on, prolongs them, and ends all that they hold."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from gateway.access.grants import Grants
from gateway.access.service import AccessService
from gateway.audit.log import AuditLog
from gateway.audit.record import AuditEvent
from gateway.auth import shifts
from gateway.auth.sessions import SignIn, SignInSessions
from gateway.clock import Clock
from gateway.configuration.settings import TokenSettings
from gateway.errors import Conflict, StorageError, Unauthenticated
from gateway.incidents.changes import IncidentChange
from gateway.incidents.service import IncidentService
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CloseReason, Incident, IncidentState, Principal
from gateway.viewing.service import ViewingService

logger = logging.getLogger(__name__)

TICK = 0.5
"""Seconds between looks at what other processes have ended: a picture goes dark within a second of a sign-out."""


class Pages(Protocol):
    """The part of the event channel that this needs."""

    def sign_ins(self) -> Iterable[tuple[str, Principal]]:
        """Return whose pages are connected, with an entry for each page."""
        ...

    def end_sign_in(self, sign_in_id: str, reason: str) -> None:
        """Close the pages of one sign-in."""
        ...


class SignInKeeper:
    """``start`` before anybody is answered; ``run`` belongs to the server's TaskGroup."""

    def __init__(
        self,
        sessions: SignInSessions,
        incidents: IncidentService,
        access: AccessService,
        grants: Grants,
        viewing: ViewingService,
        audit: AuditLog,
        rules: TokenSettings,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._sessions = sessions
        self._incidents = incidents
        self._access = access
        self._grants = grants
        self._viewing = viewing
        self._audit = audit
        self._rules = rules
        self._clock = clock
        self._carried: dict[str, str] = {}
        self._over: list[Incident] = []
        self._ticking = asyncio.Lock()
        self._changed: Listeners[SignIn] = Listeners("sign_in_listener", metrics)
        self._pages: Pages | None = None
        self.looked_at = 0.0
        """Gateway time before which nothing has ended that is still open, for the command line (``storage.presence``).
        """
        incidents.subscribe(self._incident_changed)

    async def start(self) -> None:
        """Carry on those that ended within an open incident while the gateway was down. Raises StorageError."""
        await self.tick()

    async def run(self) -> None:
        """Tick until cancelled."""
        failing = False
        while True:
            await self._clock.sleep(TICK)
            try:
                await self.tick()
            except StorageError as error:
                if not failing:
                    logger.error("sign-ins cannot be looked after: %s", error)  # noqa: TRY400  not our bug
                failing = True
            else:
                failing = False

    async def tick(self) -> None:
        """Do what the clock, the incidents and other processes have made due. Raises StorageError."""
        async with self._ticking:
            try:
                await self._carry_all_on()
            finally:
                began = self._clock.monotonic()
                await self._close_what_is_over()
                self.looked_at = began

    async def close(self, sign_in: SignIn, reason: str = CloseReason.SIGNED_OUT) -> None:
        """End all that a sign-in holds that has ended: its pictures and its pages, and, if it was the last one of its
        person, their grants."""
        if self._pages is not None:
            self._pages.end_sign_in(sign_in.id, reason)
        await self._viewing.end_sign_in(sign_in.id)
        try:
            if not await self._sessions.living_of(sign_in.principal.id):
                await self._grants.release(sign_in.principal)
        except StorageError as error:
            logger.warning("the grants of somebody who signed out could not be ended on disk: %s", error)

    def carried_on(self, sign_in: SignIn) -> bool:
        """Return True if an open incident holds the end of this sign-in off."""
        return self._carried_by(sign_in) is not None

    async def go_on(self, sign_in: SignIn) -> SignIn:
        """Prolong a sign-in by one press. On disk on return. Raises Conflict (too early, or two shifts are over),
        Unauthenticated (it has just ended)."""
        may_at = shifts.may_continue_at(sign_in.created_at, sign_in.expires_at, self._rules)
        if may_at is None:
            raise Conflict("sign_in_at_its_limit", "This sign-in cannot be prolonged again: open a new sign-in link.")
        if self._clock.now() < may_at:
            raise Conflict("too_early", "A sign-in can be prolonged from an hour before its end.")
        until = shifts.continued_until(sign_in.created_at, sign_in.expires_at, self._rules)
        await self._sessions.prolong(sign_in.id, until)
        prolonged = await self._sessions.by_id(sign_in.id)
        if prolonged is None:
            raise Unauthenticated("sign_in_needed", "This sign-in has just ended: open a new sign-in link.")
        self._changed.tell(prolonged)
        return prolonged

    def serve(self, pages: Pages) -> None:
        """Close the channels of these pages, too, with the sign-in that opened them."""
        self._pages = pages

    def on_changed(self, callback: Callable[[SignIn], None]) -> None:
        """Be told of each sign-in whose end has moved, or whose incident has ended, by a quick call."""
        self._changed.add(callback)

    async def _carry_all_on(self) -> None:
        for incident in self._over[:]:
            await self._leave_an_hour(incident)
            self._over.remove(incident)
        if not self._incidents.open():
            return
        now = self._clock.now()
        for sign_in in await self._sessions.ending_before(now + self._rules.after_incident):
            holding = self._carried_by(sign_in)
            if holding is not None:
                await self._carry_on(sign_in, holding, now)

    async def _close_what_is_over(self) -> None:
        """Close what those hold that another process, or time, has ended: one question for all of them."""
        holders = {viewing.sign_in_id: viewing.principal for viewing in self._viewing.viewings()}
        pages = Counter[str]()
        if self._pages is not None:
            for sign_in_id, principal in self._pages.sign_ins():
                holders[sign_in_id] = principal
                pages[sign_in_id] += 1
        if not holders:
            return
        for sign_in_id, expired in (await self._sessions.over(holders)).items():
            pictures = sum(viewing.sign_in_id == sign_in_id for viewing in self._viewing.viewings())
            sign_in = SignIn(sign_in_id, holders[sign_in_id], 0.0, 0.0)
            await self.close(sign_in, "expired" if expired else CloseReason.SIGNED_OUT)
            await self._audit.append(closed(sign_in, expired, pictures, pages[sign_in_id]))

    async def _carry_on(self, sign_in: SignIn, incident: Incident, now: float) -> None:
        known = self._carried.get(sign_in.id) == incident.id
        until = shifts.carried_until(sign_in.expires_at, now, self._rules)
        moved = until > sign_in.expires_at and await self._sessions.prolong(sign_in.id, until)
        if not known:
            self._carried[sign_in.id] = incident.id
            await self._audit.append(carried_on(sign_in, incident))
        if moved or not known:
            self._changed.tell(replace(sign_in, expires_at=until))

    async def _leave_an_hour(self, incident: Incident) -> None:
        """Give those whom an incident carried on the whole of their hour from its end."""
        until = (incident.closed_at or self._clock.now()) + self._rules.after_incident
        for sign_in_id in [known for known, by in self._carried.items() if by == incident.id]:
            await self._sessions.prolong(sign_in_id, until)
            del self._carried[sign_in_id]
            sign_in = await self._sessions.by_id(sign_in_id)
            if sign_in is not None:
                self._changed.tell(sign_in)

    def _carried_by(self, sign_in: SignIn) -> Incident | None:
        own: Iterable[Incident] = self._access.incidents_of(sign_in.principal)
        return shifts.carried_by(sign_in.expires_at, own, self._clock.now(), self._rules)

    def _incident_changed(self, change: IncidentChange) -> None:
        if change.incident.state is not IncidentState.OPEN:
            self._over.append(change.incident)


def carried_on(sign_in: SignIn, incident: Incident) -> AuditEvent:
    """Return the record's event for a sign-in that an incident extends, once for each incident."""
    return AuditEvent(
        kind="sign_in_carried_on",
        principal=sign_in.principal.id,
        name=sign_in.principal.name,
        role=sign_in.principal.role,
        site=incident.site_id,
        incident=incident.id,
        detail={"sign_in": sign_in.id, "would_have_ended_at": sign_in.expires_at},
    )


def closed(sign_in: SignIn, expired: bool, pictures: int, pages: int) -> AuditEvent:
    """Return the record's event for closing all that a sign-in held, when it ended without the gateway being told."""
    return AuditEvent(
        kind="sign_in_closed",
        principal=sign_in.principal.id,
        name=sign_in.principal.name,
        role=sign_in.principal.role,
        site=sign_in.principal.only_site,
        reason="expired" if expired else CloseReason.SIGNED_OUT,
        detail={"sign_in": sign_in.id, "pictures": pictures, "pages": pages},
    )
