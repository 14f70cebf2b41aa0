"""Implements the server's half of digest authentication (RFC 2617 for MD5, RFC 7616 for SHA-256). Pure except for the
nonce."""

import hashlib
import hmac
import re
import secrets
from enum import StrEnum

_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


class Algorithm(StrEnum):
    """Names the hash of a challenge. As with real cameras, MD5 comes without ``qop`` and SHA-256 with
    ``qop="auth"``."""

    MD5 = "MD5"
    SHA_256 = "SHA-256"


class Verdict(StrEnum):
    """Says whether a client's credential is good."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    STALE = "stale"  # correct, but for a nonce that has expired


class DigestGate:
    """Checks the requests of one connection against one user. Nonces expire after ``nonce_lifetime`` seconds."""

    realm = "Sightline simulated camera"

    def __init__(self, username: str, password: str, algorithm: Algorithm, nonce_lifetime: float) -> None:
        self._username = username
        self._algorithm = algorithm
        self._lifetime = nonce_lifetime
        self._secret = self._hash(f"{username}:{self.realm}:{password}")
        self._nonce = ""
        self._expires = float("-inf")
        self._count = 0

    def challenge(self, now: float, *, stale: bool = False) -> str:
        """Return the value of ``WWW-Authenticate`` with a fresh nonce."""
        self._nonce, self._expires, self._count = secrets.token_hex(16), now + self._lifetime, 0
        parts = [f'realm="{self.realm}"', f'nonce="{self._nonce}"', f"algorithm={self._algorithm.value}"]
        if self._algorithm is Algorithm.SHA_256:
            parts.append('qop="auth"')
        if stale:
            parts.append("stale=true")
        return "Digest " + ", ".join(parts)

    def check(self, method: str, uri: str, authorization: str | None, now: float) -> Verdict:
        """Check the ``Authorization`` header of a request. A nonce count may be used only once."""
        scheme, _, rest = (authorization or "").partition(" ")
        if scheme.lower() != "digest":
            return Verdict.REFUSED
        given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
        nonce = given.get("nonce", "")
        if given.get("username") != self._username or given.get("uri") != uri or not self._nonce:
            return Verdict.REFUSED
        middle = nonce
        if self._algorithm is Algorithm.SHA_256:
            if given.get("qop") != "auth":
                return Verdict.REFUSED
            middle = f"{nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:auth"
        expected = self._hash(f"{self._secret}:{middle}:{self._hash(f'{method}:{uri}')}")
        if not hmac.compare_digest(expected, given.get("response", "").lower()):
            return Verdict.REFUSED
        if nonce != self._nonce or now >= self._expires:
            return Verdict.STALE
        return self._counted(given.get("nc"))

    def _counted(self, count: str | None) -> Verdict:
        if self._algorithm is not Algorithm.SHA_256:
            return Verdict.ACCEPTED
        try:
            value = int(count or "", 16)
        except ValueError:
            return Verdict.REFUSED
        if value <= self._count:
            return Verdict.REFUSED
        self._count = value
        return Verdict.ACCEPTED

    def _hash(self, text: str) -> str:
        name = "md5" if self._algorithm is Algorithm.MD5 else "sha256"
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
