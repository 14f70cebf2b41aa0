"""Issues and verifies media tokens.

They are JWTs (RFC 7519), valid for at most five minutes, and bound to a person, role, grant, school and sign-in.
"""

import math
from dataclasses import dataclass
from typing import Any

import jwt

from gateway.auth.keys import ALGORITHM, KeyStore, SigningKey
from gateway.auth.secret import new_id
from gateway.clock import Clock
from gateway.configuration.settings import TokenSettings
from gateway.errors import Unauthenticated
from gateway.models import Principal, Role, SiteId
from gateway.permission import Grant

AUDIENCE = "sightline-media"

MAXIMUM_LIFETIME = 300.0
"""The longest lifetime of a token, in seconds. Verifying also enforces it, whatever the issuer's settings are."""

CLOCK_STEP = 1.0
"""Seconds by which a token may be dated in the future. The issuer and the verifier use the same clock, so this only
allows for its correction by NTP. Setting the clock back by an hour must not extend a token by an hour. The expiry has
no tolerance at all."""

_REQUIRED = ["iss", "aud", "exp", "iat", "jti", "sub", "role", "grant", "site", "sid"]


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """Holds a token, and the facts about it that may be recorded. ``expires_at`` is in whole steady seconds."""

    token: str
    jti: str
    expires_at: float

    def __repr__(self) -> str:
        return f"IssuedToken(jti={self.jti!r}, expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """Holds the claims of a verified token."""

    principal_id: str
    role: Role
    grant_id: str
    site: SiteId
    session_id: str
    jti: str
    expires_at: float


class TokenService:
    """Issues and verifies tokens. For a verified token, the caller must still check its revocation and its grant."""

    def __init__(self, keys: KeyStore, settings: TokenSettings, issuer: str, clock: Clock) -> None:
        self._keys = keys
        self._lifetime = settings.lifetime
        self._issuer = issuer
        self._clock = clock

    def issue(self, principal: Principal, grant: Grant, session_id: str) -> IssuedToken:
        """Issue ``principal`` a fresh token for ``grant``, under the sign-in ``session_id``."""
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
        """Return the claims of ``token`` if we issued it and it has not expired.

        Raises Unauthenticated with the code token_missing, token_invalid, unknown_key or token_expired.
        """
        if not token:
            raise Unauthenticated("token_missing", "This needs a media token.")
        try:
            claims = jwt.decode(
                token,
                self._key_of(token).public,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                # The times are checked below, against the injected clock.
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
            raise _invalid() from None  # Details would only help a forger.
        if expires_at - issued_at > MAXIMUM_LIFETIME or issued_at > self._clock.now() + CLOCK_STEP:
            raise _invalid()
        if self._clock.now() >= expires_at:
            raise Unauthenticated("token_expired", "This media token has expired.")
        return verified

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the public keys, for anybody who verifies tokens elsewhere."""
        return self._keys.jwks()

    def _key_of(self, token: str) -> SigningKey:
        """Return our key with the token's ``kid``. A key inside the token itself is never used."""
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
