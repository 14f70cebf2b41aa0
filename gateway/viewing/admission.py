"""Decides who may open or renew a picture with a token, until when, and why a session must end."""

from gateway.access.grants import Grants
from gateway.auth.revocations import Revocations
from gateway.auth.sessions import SignInSessions
from gateway.auth.tokens import TokenClaims, TokenService
from gateway.clock import Clock
from gateway.errors import Unauthenticated
from gateway.incidents.service import IncidentService
from gateway.models import CloseReason, Principal
from gateway.permission import Grant


class Admission:
    """Checks a token, every time it is used, against everything that can invalidate it."""

    def __init__(
        self,
        grants: Grants,
        incidents: IncidentService,
        tokens: TokenService,
        sessions: SignInSessions,
        revocations: Revocations,
        clock: Clock,
    ) -> None:
        self._grants = grants
        self._incidents = incidents
        self._tokens = tokens
        self._sessions = sessions
        self._revocations = revocations
        self._clock = clock

    async def admit(self, token: str) -> tuple[TokenClaims, Principal, Grant]:
        """Return a token's claims, person and grant. Raises Unauthenticated if any of them is no longer valid."""
        claims = self._tokens.verify(token)
        if self._revocations.is_revoked(claims.jti, claims.session_id, claims.grant_id):
            raise Unauthenticated("token_revoked", "This token has been revoked.")
        sign_in = await self._sessions.by_id(claims.session_id)
        if sign_in is None or sign_in.principal.id != claims.principal_id:
            raise Unauthenticated("signed_out", "The sign-in behind this token has ended.")
        grant = self._grants.living(claims.grant_id)
        if grant is None or grant.principal_id != claims.principal_id:
            raise Unauthenticated("grant_ended", "The permission behind this token has ended.")
        return claims, sign_in.principal, grant

    def deadline(self, claims: TokenClaims) -> float:
        """Return the gateway time at which a token expires."""
        return self._clock.monotonic() + (claims.expires_at - self._clock.now())

    def reason_of(self, refused: Unauthenticated, grant: Grant) -> CloseReason:
        """Return the reason for which a session that was admitted with ``grant`` must end now."""
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
