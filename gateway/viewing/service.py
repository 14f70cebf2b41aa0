"""Opens, renews and ends media sessions, and knows who is watching which camera, on which grant, and since when."""

import asyncio
import functools
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gateway.access.grants import Grants
from gateway.access.service import AccessService
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.auth.revocations import Revocations
from gateway.auth.sessions import SignInSessions
from gateway.auth.tokens import TokenService
from gateway.clock import Clock
from gateway.errors import Conflict, Forbidden, NotFound, Unauthenticated
from gateway.incidents.service import IncidentService
from gateway.listeners import Listeners
from gateway.media.interface import Media
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, StreamName
from gateway.permission import Grant, GrantBasis
from gateway.viewing.admission import Admission
from gateway.viewing.profiles import profile_of
from gateway.viewing.recording import Viewing, record
from gateway.viewing.work import Work
from gateway.webrtc.interface import NO_SESSION, OpenSession, PatchAnswer, PatchRequest, SessionEvent

SESSIONS_PER_SIGN_IN = 64
"""The most pictures that one sign-in may have open.

A wall has about forty tiles, so more than that means a broken or hostile page.
"""

TRIGGERED_RECENTLY = 60.0
"""The time from trigger to picture is measured only for sessions that open within this many seconds of the trigger."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Holds the contents of a WHEP answer."""

    viewing: Viewing
    answer: str
    etag: str


class ViewingService:
    """Opens, renews and ends media sessions. Nothing else calls ``Media.open``."""

    def __init__(
        self,
        media: Media,
        access: AccessService,
        grants: Grants,
        incidents: IncidentService,
        tokens: TokenService,
        sessions: SignInSessions,
        revocations: Revocations,
        audit: AuditLog,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._media = media
        self._access = access
        self._grants = grants
        self._incidents = incidents
        self._admission = Admission(grants, incidents, tokens, sessions, revocations, clock)
        self._audit = audit
        self._clock = clock
        self._metrics = metrics
        self._viewings: dict[str, Viewing] = {}
        self._by_secret: dict[str, str] = {}
        self._opening: Counter[str] = Counter()
        self._observers: Listeners[Viewing, SessionEvent] = Listeners("viewing_observer", metrics)
        # Closing and recording are separate, so that no picture stays visible because writing its record is slow.
        self._closing = Work("viewing: close", metrics)
        self._recording = Work("viewing: record", metrics)
        media.events.session.add(self._observed)
        grants.on_ended(self._grant_ended)

    async def run(self) -> None:
        """Close sessions at once and write records in order, until cancelled. The server owns this task."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._closing.run_at_once(), name="viewing: close")
            group.create_task(self._recording.run_in_order(), name="viewing: record")

    async def wait_closed(self) -> None:
        """Wait until every session whose grant has ended has sent its last packet. Needs ``run``."""
        await self._closing.wait_done()

    async def drain(self) -> None:
        """Finish all remaining closing and recording, even if ``run`` has stopped."""
        await self._closing.drain()
        await self._recording.drain()

    async def open(
        self, token: str, camera_id: CameraId, stream: StreamName | None, offer: str, address: str
    ) -> Opened:
        """Open a media session for the bearer of ``token``. If ``stream`` is None, choose what suits the viewer's link.

        Raises Unauthenticated for a bad, expired or revoked token, Forbidden or NotFound for a camera that the grant
        does not cover, BadRequest for an offer that cannot be answered, and Conflict if too many sessions are open.
        """
        claims, principal, grant = await self._admission.admit(token)
        if camera_id not in grant.camera_ids:
            raise await self._access.refusal(principal, camera_id, address)
        with self._place_of(claims.session_id):
            request = OpenSession(camera_id, stream, offer, self._admission.deadline(claims), profile_of(principal))
            opened = await self._media.open(request)
            viewing = Viewing(
                id=opened.id,
                secret=secrets.token_urlsafe(32),
                sign_in_id=claims.session_id,
                principal=principal,
                camera=self._access.camera(camera_id),
                stream=opened.stream,
                grant=grant,
                since_at=self._clock.now(),
                address=address,
                legal_basis=self._access.ground(grant).legal_basis,
            )
            self._viewings[viewing.id] = viewing
            self._by_secret[viewing.secret] = viewing.id
        await record(self._audit, viewing, Kind.VIEW_OPENED, None, jti=claims.jti)
        # The grant or the sign-in may have ended meanwhile, when there was no session for it to close.
        try:
            await self._admission.admit(token)
        except Unauthenticated as error:
            await self._media.close(viewing.id, self._admission.reason_of(error, grant))
            raise
        return Opened(viewing, opened.answer, opened.etag)

    async def renew(self, secret: str, token: str) -> None:
        """Extend a running session to the end of a fresh token for the same person and the same camera.

        The session keeps the grant with which it was opened. So a picture under a standing grant outlives an incident,
        even if later tokens were issued because of the incident. Raises NotFound, Unauthenticated, or Forbidden if the
        token is another person's or for other cameras.
        """
        viewing = self._find(secret)
        claims, principal, grant = await self._admission.admit(token)
        if principal.id != viewing.principal.id or viewing.camera.id not in grant.camera_ids:
            raise Forbidden("other_grant", "This token does not belong to this picture.")
        if not await self._media.renew(viewing.id, self._admission.deadline(claims)):
            raise NotFound(*NO_SESSION)
        if (renewed := self._viewings.get(viewing.id)) is not None:
            self._viewings[viewing.id] = replace(renewed, renewals=renewed.renewals + 1)

    async def patch(self, secret: str, fragment: str, if_match: str) -> PatchAnswer:
        """Apply a viewer's ICE information from a WHEP PATCH. The session continues.

        Raises BadRequest, PreconditionFailed, or NotFound, even before the session closes if its grant has ended.
        """
        viewing = self._find(secret)
        if self._grants.living(viewing.grant.id) is None:
            raise NotFound(*NO_SESSION)
        return await self._media.patch(viewing.id, PatchRequest(fragment, if_match))

    async def leave(self, secret: str) -> None:
        """Close a session at its viewer's request (WHEP DELETE). Raises NotFound."""
        await self._media.close(self._find(secret).id, CloseReason.VIEWER_LEFT)

    async def end_sign_in(self, sign_in_id: str) -> None:
        """Close every session of a sign-in that has ended."""
        ending = [viewing.id for viewing in self._viewings.values() if viewing.sign_in_id == sign_in_id]
        await asyncio.gather(*(self._media.close(viewing, CloseReason.SIGNED_OUT) for viewing in ending))

    def viewings(self) -> tuple[Viewing, ...]:
        """Return all viewings that are open now."""
        return tuple(self._viewings.values())

    def get(self, session_id: str) -> Viewing | None:
        """Return the viewing whose session has this public id, or None."""
        return self._viewings.get(session_id)

    def observe(self, callback: Callable[[Viewing, SessionEvent], None]) -> Callable[[], None]:
        """Call ``callback`` for every event of every session, until the returned function is called."""
        return self._observers.add(callback)

    @contextmanager
    def _place_of(self, sign_in_id: str) -> Iterator[None]:
        """Hold one of the sign-in's places while a session opens. Raises Conflict if it has none left."""
        taken = sum(viewing.sign_in_id == sign_in_id for viewing in self._viewings.values())
        if taken + self._opening[sign_in_id] >= SESSIONS_PER_SIGN_IN:
            raise Conflict("too_many_sessions", f"This sign-in already has {SESSIONS_PER_SIGN_IN} pictures open.")
        self._opening[sign_in_id] += 1
        try:
            yield
        finally:
            self._opening[sign_in_id] -= 1
            if not self._opening[sign_in_id]:
                del self._opening[sign_in_id]

    def _find(self, secret: str) -> Viewing:
        session_id = self._by_secret.get(secret)
        if session_id is None:
            raise NotFound(*NO_SESSION)
        return self._viewings[session_id]

    def _grant_ended(self, grant: Grant, reason: CloseReason) -> None:
        for viewing in [v for v in self._viewings.values() if v.grant.id == grant.id]:
            self._closing.put(functools.partial(self._media.close, viewing.id, reason))

    def _observed(self, event: SessionEvent) -> None:
        viewing = self._viewings.get(event.id)
        if viewing is None:
            return
        if event.kind == "first_packet":
            self._measure(viewing)
        elif event.kind == "stream":
            viewing = replace(viewing, stream=event.stream, waiting=event.waiting, shift=event.shift)
            self._viewings[event.id] = viewing
        elif event.kind == "closed":
            del self._viewings[event.id], self._by_secret[viewing.secret]
            detail = {"seconds": round(self._clock.now() - viewing.since_at, 2), "renewals": viewing.renewals}
            detail |= {"packets": event.packets, "bytes": event.bytes}
            self._recording.put(
                functools.partial(record, self._audit, viewing, Kind.VIEW_CLOSED, str(event.reason), **detail)
            )
        self._observers.tell(viewing, event)

    def _measure(self, viewing: Viewing) -> None:
        if viewing.grant.basis is not GrantBasis.INCIDENT or viewing.grant.incident_id is None:
            return
        incident = self._incidents.get(viewing.grant.incident_id)
        if incident is not None:
            elapsed = self._clock.now() - incident.opened_at
            if 0 <= elapsed <= TRIGGERED_RECENTLY:
                self._metrics.trigger_to_first_packet_seconds.labels(incident.kind).observe(elapsed)
