"""Media sessions as people know them: who watches what, on which grant, since when."""

import asyncio
import functools
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from gateway.access.service import AccessService
from gateway.audit.log import AuditLog
from gateway.audit.record import AuditEvent, Outcome
from gateway.auth.revocations import Revocations
from gateway.auth.sessions import SignInSessions
from gateway.auth.tokens import TokenClaims, TokenService
from gateway.clock import Clock
from gateway.errors import Conflict, Forbidden, NotFound, Unauthenticated
from gateway.incidents.service import IncidentService
from gateway.media.interface import Media
from gateway.metrics import Metrics
from gateway.models import Camera, CameraId, CloseReason, Grant, GrantBasis, Principal, StreamName
from gateway.webrtc.plane import NO_SESSION, OpenSession, PatchAnswer, PatchRequest, SessionEvent

logger = logging.getLogger(__name__)

SESSIONS_PER_SIGN_IN = 64
"""A wall of screens is some forty tiles; beyond this a page is broken or hostile."""

TRIGGERED_RECENTLY = 60.0
"""Only sessions opened within so many seconds of the trigger tell how fast trigger to picture was."""


Work = asyncio.Queue[Callable[[], Coroutine[Any, Any, object]]]


@dataclass(frozen=True, slots=True)
class Viewing:
    """One person watching one camera. ``secret`` is the path segment of its WHEP resource and is never logged.

    ``stream`` is what is sent now, ``waiting`` why nothing is ("" while something is), and RTP timestamps on the way to
    the viewer are the stream's own plus ``shift`` (90 kHz ticks, mod 2^32).
    """

    id: str
    secret: str
    sign_in_id: str
    principal: Principal
    camera: Camera
    stream: StreamName
    grant: Grant
    since_at: float
    address: str
    waiting: str = ""
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """What the WHEP answer needs."""

    viewing: Viewing
    answer: str
    etag: str


class ViewingService:
    """Opens, renews and ends media sessions. Nothing else calls ``Media.open``."""

    def __init__(
        self,
        media: Media,
        access: AccessService,
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
        self._incidents = incidents
        self._tokens = tokens
        self._sessions = sessions
        self._revocations = revocations
        self._audit = audit
        self._clock = clock
        self._metrics = metrics
        self._viewings: dict[str, Viewing] = {}
        self._by_secret: dict[str, str] = {}
        self._opening: Counter[str] = Counter()
        self._observers: list[Callable[[Viewing, SessionEvent], None]] = []
        # Apart, so that a picture is never shown for longer because a record is slow to reach the disk.
        self._closing = Work()
        self._recording = Work()
        media.events.session.add(self._observed)
        access.on_grant_ended(self._grant_ended)

    async def run(self) -> None:
        """Close what must be closed and write what must be recorded, each in order. Owned by the server."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work_off(self._closing), name="viewing: close")
            group.create_task(self._work_off(self._recording), name="viewing: record")

    async def wait_closed(self) -> None:
        """Wait until every session whose grant has ended has sent its last packet. Needs ``run``."""
        await self._closing.join()

    async def drain(self) -> None:
        """Do what was asked for so far, also where ``run`` does so no more."""
        for work in (self._closing, self._recording):
            while not work.empty():
                await self._step(work)
            await work.join()

    async def _work_off(self, work: Work) -> None:
        while True:
            await self._step(work)

    async def _step(self, work: Work) -> None:
        step = await work.get()
        try:
            await step()
        except Exception:
            logger.exception("viewing: could not finish one step")
            self._metrics.task_failures.labels("viewing").inc()
        finally:
            work.task_done()

    async def open(
        self, token: str, camera_id: CameraId, stream: StreamName | None, offer: str, address: str
    ) -> Opened:
        """Open a media session for the bearer of ``token``; ``stream`` None leaves the choice to role and link.

        Raises Unauthenticated for a bad, expired or revoked token, Forbidden or NotFound for a camera that the grant
        does not cover, BadRequest for an offer that cannot be answered, Conflict when too many are open.
        """
        claims, principal, grant = await self._admit(token)
        if camera_id not in grant.camera_ids:
            raise await self._access.refusal(principal, camera_id, address)
        with self._place_of(claims.session_id):
            request = OpenSession(camera_id, stream, offer, self._deadline(claims), principal.role)
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
            )
            self._viewings[viewing.id] = viewing
            self._by_secret[viewing.secret] = viewing.id
        await self._record(viewing, "view_opened", Outcome.OK, None, {"jti": claims.jti, "session": viewing.id})
        # While the media were at work the grant or the sign-in may have ended, and found nothing to close.
        try:
            await self._admit(token)
        except Unauthenticated as error:
            await self._media.close(viewing.id, self._reason_of(error, grant))
            raise
        return Opened(viewing, opened.answer, opened.etag)

    async def renew(self, secret: str, token: str) -> None:
        """Let a running session live until the end of a fresh token of the same person that covers its camera.

        The session still stands on the grant that it was opened with: a picture of a standing grant outlives an
        incident, though its tokens came from that. Raises NotFound, Unauthenticated, or Forbidden where the token is
        another person's, or for other cameras.
        """
        viewing = self._find(secret)
        claims, principal, grant = await self._admit(token)
        if principal.id != viewing.principal.id or viewing.camera.id not in grant.camera_ids:
            raise Forbidden("other_grant", "This token does not belong to this picture.")
        if not await self._media.renew(viewing.id, self._deadline(claims)):
            raise NotFound(*NO_SESSION)

    async def patch(self, secret: str, fragment: str, if_match: str) -> PatchAnswer:
        """Take a viewer's ICE information, as it stands in a WHEP PATCH: the session stays the same one.

        Raises NotFound, also where the grant has ended and the session is just about to; BadRequest,
        PreconditionFailed.
        """
        viewing = self._find(secret)
        if self._access.living(viewing.grant.id) is None:
            raise NotFound(*NO_SESSION)
        return await self._media.patch(viewing.id, PatchRequest(fragment, if_match))

    async def leave(self, secret: str) -> None:
        """The viewer closes its own session (WHEP DELETE). Raises NotFound."""
        await self._media.close(self._find(secret).id, CloseReason.VIEWER_LEFT)

    async def end_sign_in(self, sign_in_id: str) -> None:
        """Close every session of a sign-in that has ended."""
        for viewing in [v for v in self._viewings.values() if v.sign_in_id == sign_in_id]:
            await self._media.close(viewing.id, CloseReason.SIGNED_OUT)

    def viewings(self) -> tuple[Viewing, ...]:
        """All sessions that are open now."""
        return tuple(self._viewings.values())

    def get(self, session_id: str) -> Viewing | None:
        """The session with this public id."""
        return self._viewings.get(session_id)

    def observe(self, callback: Callable[[Viewing, SessionEvent], None]) -> Callable[[], None]:
        """Hear what happens to each session. Returns what ends it."""
        self._observers.append(callback)
        return lambda: self._observers.remove(callback)

    async def _admit(self, token: str) -> tuple[TokenClaims, Principal, Grant]:
        claims = self._tokens.verify(token)
        if self._revocations.is_revoked(claims.jti, claims.session_id, claims.grant_id):
            raise Unauthenticated("token_revoked", "This token has been revoked.")
        sign_in = await self._sessions.by_id(claims.session_id)
        if sign_in is None or sign_in.principal.id != claims.principal_id:
            raise Unauthenticated("signed_out", "The sign-in behind this token has ended.")
        grant = self._access.living(claims.grant_id)
        if grant is None or grant.principal_id != claims.principal_id:
            raise Unauthenticated("grant_ended", "The permission behind this token has ended.")
        return claims, sign_in.principal, grant

    @contextmanager
    def _place_of(self, sign_in_id: str) -> Iterator[None]:
        """Hold one of the sign-in's places while a session is opened. Raises Conflict."""
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

    def _reason_of(self, refused: Unauthenticated, grant: Grant) -> CloseReason:
        """Why a session ends that was let in and then was not."""
        match refused.code:
            case "token_expired":
                return CloseReason.TOKEN_EXPIRED
            case "signed_out":
                return CloseReason.SIGNED_OUT
            case "grant_ended" if grant.incident_id is not None and grant.incident_id not in self._open_incidents():
                return CloseReason.INCIDENT_ENDED
            case _:
                return CloseReason.REVOKED

    def _open_incidents(self) -> set[str]:
        return {incident.id for incident in self._incidents.open()}

    def _deadline(self, claims: TokenClaims) -> float:
        return self._clock.monotonic() + (claims.expires_at - self._clock.now())

    def _find(self, secret: str) -> Viewing:
        session_id = self._by_secret.get(secret)
        if session_id is None:
            raise NotFound(*NO_SESSION)
        return self._viewings[session_id]

    def _grant_ended(self, grant: Grant, reason: CloseReason) -> None:
        for viewing in [v for v in self._viewings.values() if v.grant.id == grant.id]:
            self._closing.put_nowait(functools.partial(self._media.close, viewing.id, reason))

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
            detail: dict[str, object] = {"session": event.id, "seconds": round(self._clock.now() - viewing.since_at, 2)}
            detail |= {"packets": event.packets, "bytes": event.bytes}
            self._recording.put_nowait(
                functools.partial(self._record, viewing, "view_closed", Outcome.OK, str(event.reason), detail)
            )
        for callback in tuple(self._observers):
            callback(viewing, event)

    def _measure(self, viewing: Viewing) -> None:
        if viewing.grant.basis is not GrantBasis.INCIDENT or viewing.grant.incident_id is None:
            return
        incident = self._incidents.get(viewing.grant.incident_id)
        if incident is not None:
            elapsed = self._clock.now() - incident.opened_at
            if 0 <= elapsed <= TRIGGERED_RECENTLY:
                self._metrics.trigger_to_first_packet_seconds.labels(incident.kind).observe(elapsed)

    async def _record(
        self, viewing: Viewing, kind: str, outcome: Outcome, reason: str | None, detail: dict[str, object]
    ) -> None:
        await self._audit.append(
            AuditEvent(
                kind=kind,
                principal=viewing.principal.id,
                name=viewing.principal.name,
                role=viewing.principal.role,
                site=viewing.camera.site_id,
                camera=viewing.camera.id,
                incident=viewing.grant.incident_id,
                outcome=outcome,
                reason=reason,
                origin_address=viewing.address,
                detail={"grant": viewing.grant.id, "stream": viewing.stream.value, **detail},
            )
        )
