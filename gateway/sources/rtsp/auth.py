"""Answers to the camera's challenge: Basic (RFC 7617), Digest (RFC 7616: MD5, SHA-256; RFC 2069: no qop). Pure."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.errors import CameraError
from gateway.models import SourceReason

_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
_STRENGTH = ("SHA-256", "MD5", "BASIC")
# Separators are one character class: two adjacent runs of blanks would make the pattern backtrack too much.
_ITEM = re.compile(r'[\s,]*(?P<name>[^\s=,"]+)(?:\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]*)))?')


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password of a camera. Neither is ever printed."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(***)"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge of a ``WWW-Authenticate`` field; parameter names are in lower case."""

    scheme: str
    parameters: dict[str, str]

    @property
    def method(self) -> str:
        """``SHA-256``, ``MD5`` or ``BASIC``; anything else is a method that we do not speak."""
        if self.scheme == "digest":
            qop = self.parameters.get("qop")
            if qop is not None and "auth" not in re.split(r"[\s,]+", qop.lower()):
                return "DIGEST WITHOUT QOP AUTH"
            return self.parameters.get("algorithm", "MD5").upper()
        return self.scheme.upper()


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Return the challenges in all ``WWW-Authenticate`` fields of one answer, without the parts that cannot be read."""
    challenges: list[Challenge] = []
    for value in values:
        position = 0
        while item := _ITEM.match(value, position):
            position = item.end()
            if item["quoted"] is None and item["plain"] is None:
                challenges.append(Challenge(item["name"].lower(), {}))
            elif challenges:
                text = item["plain"] if item["quoted"] is None else re.sub(r"\\(.)", r"\1", item["quoted"])
                challenges[-1].parameters.setdefault(item["name"].lower(), text)
    return challenges


class Authenticator:
    """Chooses the strongest challenge that we speak and authorises requests with it.

    A password that was refused is not sent again: cameras lock accounts. ``make_cnonce`` makes the client's nonces.
    With ``redirected`` Basic is not used, since it would show the password to whoever sent us here.
    """

    def __init__(
        self, credentials: Credentials | None, make_cnonce: Callable[[], str], *, redirected: bool = False
    ) -> None:
        self._credentials = credentials
        self._redirected = redirected
        self._make_cnonce = make_cnonce
        self._challenge: Challenge | None = None
        self._count = 0
        self._proven = False

    def accepted(self) -> None:
        """Note that a request with our credentials was not refused."""
        self._proven = self._challenge is not None

    def challenged(self, values: Iterable[str]) -> None:
        """Take the challenge of a 401. Raises ``CameraError`` if answering (again) would be useless."""
        challenges = {challenge.method: challenge for challenge in reversed(parse_challenges(values))}
        spoken = _STRENGTH[:-1] if self._redirected else _STRENGTH
        chosen = next((challenges[method] for method in spoken if method in challenges), None)
        if chosen is None and "BASIC" in challenges and self._credentials is not None:
            words = (
                "After a redirect the camera asks for the password in the clear (Basic), which is not sent: configure "
            )
            raise CameraError(SourceReason.REDIRECT_REFUSED, f"{words}the address that it redirects to.")
        if chosen is None:
            raise CameraError(SourceReason.UNSUPPORTED, "The camera asks for a kind of sign-in that we do not speak.")
        if self._credentials is None:
            raise CameraError(SourceReason.PASSWORD_REFUSED, "The camera asks for a password, and none is configured.")
        if self._challenge is not None:
            stale = chosen.parameters.get("stale", "").lower() == "true"
            renewed = self._proven and chosen.parameters.get("nonce") != self._challenge.parameters.get("nonce")
            if not (stale or renewed):
                raise CameraError(SourceReason.PASSWORD_REFUSED, "The camera refuses the user name or the password.")
        self._challenge = chosen
        self._count = 0
        self._proven = False

    def authorization(self, method: str, url: str) -> str | None:
        """Return the ``Authorization`` value of one request; None before any challenge."""
        if self._challenge is None or self._credentials is None:
            return None
        user, password = self._credentials.username, self._credentials.password
        if self._challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        given = self._challenge.parameters
        hash_of = _HASHES[self._challenge.method]
        realm, nonce = given.get("realm", ""), given.get("nonce", "")

        def digest(*parts: str) -> str:
            return hash_of(":".join(parts).encode()).hexdigest()

        fields = {"username": user, "realm": realm, "nonce": nonce, "uri": url}
        bare: dict[str, str] = {}
        secret, subject = digest(user, realm, password), digest(method, url)
        if "qop" in given:
            self._count += 1
            count, cnonce = f"{self._count:08x}", self._make_cnonce()
            fields |= {"response": digest(secret, nonce, count, cnonce, "auth", subject), "cnonce": cnonce}
            bare = {"qop": "auth", "nc": count}
        else:
            fields["response"] = digest(secret, nonce, subject)
        if "opaque" in given:
            fields["opaque"] = given["opaque"]
        if "algorithm" in given:
            bare["algorithm"] = self._challenge.method
        quoted = [f"{name}={_quote(value)}" for name, value in fields.items()]
        return "Digest " + ", ".join(quoted + [f"{name}={value}" for name, value in bare.items()])


def _quote(value: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
