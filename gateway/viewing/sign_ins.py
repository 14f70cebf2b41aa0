"""Extends sign-ins during incidents and on request, and closes the pages and pictures of those that have ended."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from gateway.access.grants import Grants
from gateway.access.service import AccessService
from gateway.audit.audit_event import AuditEvent
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.auth import shifts
from gateway.auth.sessions import SignIn, SignInSessions
from gateway.clock import Clock
from gateway.configuration.settings import TokenSettings
from gateway.errors import Conflict, StorageError, Unauthenticated
from gateway.incident import Incident
from gateway.incidents.changes import IncidentChange
from gateway.incidents.service import IncidentService
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CloseReason, IncidentState, Principal
from gateway.viewing.service import ViewingService

logger = logging.getLogger(__name__)

TICK = 0.5
"""Seconds between checks for sign-ins that other processes have ended. Pictures thus close within a second."""

CARRY_ON_EVERY = 5.0
"""Seconds between checks for sign-ins that an open incident must extend, unless an incident has just changed. There is
no hurry, because they are extended an hour before they end."""


class Pages(Protocol):
    """Describes the part of the event channel that the keeper needs."""

    def sign_ins(self) -> Iterable[tuple[str, Principal]]:
        """Return the owner of every connected page, with one entry per page."""
        ...

    def end_sign_in(self, sign_in_id: str, reason: str) -> None:
        """Close the pages of one sign-in."""
        ...


class SignInKeeper:
    """Looks after all sign-ins. Call ``start`` before any request is answered. The server's TaskGroup owns ``run``."""

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
        self._carry_on_at = float("-inf")
        self._ticking = asyncio.Lock()
        self._changed: Listeners[SignIn] = Listeners("sign_in_listener", metrics)
        self._pages: Pages | None = None
        self.looked_at = 0.0
        """Everything that ended before this gateway time is closed. The command line reads it (``storage.presence``).
        """
        incidents.subscribe(self._incident_changed)

    async def start(self) -> None:
        """Extend sign-ins that ended during an open incident while the gateway was down. Raises StorageError."""
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
                    logger.error("sign-ins can neither be extended nor closed: %s", error)  # noqa: TRY400  not our bug
                failing = True
            else:
                failing = False

    async def tick(self) -> None:
        """Extend the sign-ins that are due to be extended, and close those that have ended. Raises StorageError."""
        async with self._ticking:
            try:
                await self._carry_all_on()
            finally:
                began = self._clock.monotonic()
                await self._close_what_is_over()
                self.looked_at = began

    async def close(self, sign_in: SignIn, reason: str = CloseReason.SIGNED_OUT) -> None:
        """Close the pictures and pages of a sign-in that has ended.

        If it was the person's last sign-in, end their grants.
        """
        if self._pages is not None:
            self._pages.end_sign_in(sign_in.id, reason)
        await self._viewing.end_sign_in(sign_in.id)
        try:
            if not await self._sessions.living_of(sign_in.principal.id):
                await self._grants.release(sign_in.principal)
        except StorageError as error:
            logger.warning("the end of a signed-out person's grants could not be stored: %s", error)

    def carried_on(self, sign_in: SignIn) -> bool:
        """Return True if an open incident extends this sign-in."""
        return self._carried_by(sign_in) is not None

    async def go_on(self, sign_in: SignIn) -> SignIn:
        """Extend a sign-in once, as a press asks for.

        Raises Conflict if the press comes too early or the limit of two shifts is reached, or Unauthenticated if the
        sign-in has just ended.
        """
        may_at = shifts.may_continue_at(sign_in.created_at, sign_in.expires_at, self._rules)
        if may_at is None:
            raise Conflict("sign_in_at_its_limit", "This sign-in cannot be extended again. Open a new sign-in link.")
        if self._clock.now() < may_at:
            raise Conflict("too_early", "A sign-in can only be extended in its last hour.")
        until = shifts.continued_until(sign_in.created_at, sign_in.expires_at, self._rules)
        await self._sessions.prolong(sign_in.id, until)
        prolonged = await self._sessions.by_id(sign_in.id)
        if prolonged is None:
            raise Unauthenticated("sign_in_needed", "This sign-in has just ended. Open a new sign-in link.")
        self._changed.tell(prolonged)
        return prolonged

    def serve(self, pages: Pages) -> None:
        """From now on, also close these pages' channels when their sign-in ends."""
        self._pages = pages

    def on_changed(self, callback: Callable[[SignIn], None]) -> None:
        """Call ``callback`` for every sign-in whose end moves or whose incident ends. It must return quickly."""
        self._changed.add(callback)

    async def _carry_all_on(self) -> None:
        for incident in self._over[:]:
            await self._leave_an_hour(incident)
            self._over.remove(incident)
        began, now = self._clock.monotonic(), self._clock.now()
        if began < self._carry_on_at or not self._incidents.open():
            return
        self._carry_on_at = began + min(CARRY_ON_EVERY, self._rules.after_incident / shifts.STEPS)
        try:
            for sign_in in await self._sessions.ending_before(now + self._rules.after_incident):
                holding = self._carried_by(sign_in)
                if holding is not None:
                    await self._carry_on(sign_in, holding, now)
        except StorageError:
            self._carry_on_at = float("-inf")
            raise

    async def _close_what_is_over(self) -> None:
        """Close the pages and pictures of sign-ins that have expired or that another process ended, with one query."""
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
        """Give every sign-in that an incident has extended a full hour from the incident's end."""
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
        self._carry_on_at = float("-inf")
        if change.incident.state is not IncidentState.OPEN:
            self._over.append(change.incident)


def carried_on(sign_in: SignIn, incident: Incident) -> AuditEvent:
    """Return the audit event of a sign-in that an incident extends. It is recorded once per incident."""
    return AuditEvent.of(
        sign_in.principal,
        Kind.SIGN_IN_CARRIED_ON,
        site=incident.site_id,
        incident=incident.id,
        detail={"sign_in": sign_in.id, "would_have_ended_at": sign_in.expires_at},
    )


def closed(sign_in: SignIn, expired: bool, pictures: int, pages: int) -> AuditEvent:
    """Return the audit event of closing a sign-in's pages and pictures, when the gateway itself did not end it."""
    return AuditEvent.of(
        sign_in.principal,
        Kind.SIGN_IN_CLOSED,
        site=sign_in.principal.only_site,
        reason="expired" if expired else CloseReason.SIGNED_OUT,
        detail={"sign_in": sign_in.id, "pictures": pictures, "pages": pages},
    )
