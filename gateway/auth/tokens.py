"""Media tokens: JWTs (RFC 7519) of at most five minutes, bound to person, role, grant, school and sign-in."""

import math
from dataclasses import dataclass
from typing import Any

import jwt

from gateway.auth.keys import ALGORITHM, KeyStore, SigningKey
from gateway.auth.secret import new_id
from gateway.clock import Clock
from gateway.configuration.settings import TokenSettings
from gateway.errors import Unauthenticated
from gateway.models import Grant, Principal, Role, SiteId

AUDIENCE = "sightline-media"

MAXIMUM_LIFETIME = 300.0
"""Seconds. Held at verification too, whatever the issuer was told."""

CLOCK_STEP = 1.0
"""Seconds by which a token may come from the future. The issuer's clock is the verifier's: only its correction by NTP
between the two is forgiven, so that an hour set back does not lengthen a token's life by an hour. Expiry has no
leeway at all."""

_REQUIRED = ["iss", "aud", "exp", "iat", "jti", "sub", "role", "grant", "site", "sid"]


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and what may be said of it in the record. ``expires_at`` is steady seconds (``clock``), whole."""

    token: str
    jti: str
    expires_at: float

    def __repr__(self) -> str:
        return f"IssuedToken(jti={self.jti!r}, expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """The claims of a verified token."""

    principal_id: str
    role: Role
    grant_id: str
    site: SiteId
    session_id: str
    jti: str
    expires_at: float


class TokenService:
    """Issues and verifies. A verified token still has to be asked about: is it revoked, does its grant live."""

    def __init__(self, keys: KeyStore, settings: TokenSettings, issuer: str, clock: Clock) -> None:
        self._keys = keys
        self._lifetime = settings.lifetime
        self._issuer = issuer
        self._clock = clock

    def issue(self, principal: Principal, grant: Grant, session_id: str) -> IssuedToken:
        """A fresh token for ``grant``, given to ``principal`` under the sign-in ``session_id``."""
        now = self._clock.now()
        issued_at, expires_at, jti = math.floor(now), math.floor(now + self._lifetime), new_id()
        key = self._keys.current()
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "iat": issued_at,
            "exp": expires_at,
            "jti": jti,
            "sub": principal.id,
            "role": principal.role.value,
            "grant": grant.id,
            "site": grant.site_id,
            "sid": session_id,
        }
        token = jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})
        return IssuedToken(token, jti, float(expires_at))

    def verify(self, token: str) -> TokenClaims:
        """Return the claims of ``token``, if it is ours and alive.

        Raises Unauthenticated: token_missing, token_invalid, unknown_key, token_expired.
        """
        if not token:
            raise Unauthenticated("token_missing", "A media token is needed.")
        try:
            claims = jwt.decode(
                token,
                self._key_of(token).public,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                # Time is checked below, by the injected clock.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            issued_at, expires_at = _number(claims["iat"]), _number(claims["exp"])
            verified = TokenClaims(
                principal_id=_text(claims["sub"]),
                role=Role(claims["role"]),
                grant_id=_text(claims["grant"]),
                site=SiteId(_text(claims["site"])),
                session_id=_text(claims["sid"]),
                jti=_text(claims["jti"]),
                expires_at=expires_at,
            )
        except (jwt.PyJWTError, ValueError):
            raise _invalid() from None  # details would only help a forger
        if expires_at - issued_at > MAXIMUM_LIFETIME or issued_at > self._clock.now() + CLOCK_STEP:
            raise _invalid()
        if self._clock.now() >= expires_at:
            raise Unauthenticated("token_expired", "This media token has expired.")
        return verified

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public keys, for whoever verifies elsewhere."""
        return self._keys.jwks()

    def _key_of(self, token: str) -> SigningKey:
        """The key that ``kid`` names among ours. A key that the token brings along is never looked at."""
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(kid, str):
            raise _invalid()
        key = self._keys.verifying(kid)
        if key is None:
            raise Unauthenticated("unknown_key", "This media token's key is unknown or has been retired.")
        return key


def _invalid() -> Unauthenticated:
    return Unauthenticated("token_invalid", "This is not a valid media token.")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)
