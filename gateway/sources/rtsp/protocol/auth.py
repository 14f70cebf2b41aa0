"""Answers the camera's challenge with Basic (RFC 7617) or Digest (RFC 7616: MD5, SHA-256, and both with -sess; RFC
2069: no qop). Pure."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.errors import CameraError
from gateway.models import SourceReason

_SESSION = "-SESS"
_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
_STRENGTH = ("SHA-256", "SHA-256-SESS", "MD5", "MD5-SESS", "BASIC")
_REFUSED = "The camera refuses the user name or the password."
# Separators are one character class: two adjacent runs of blanks would make the pattern backtrack too much.
_ITEM = re.compile(r'[\s,]*(?P<name>[^\s=,"]+)(?:\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s,"]*)))?')


@dataclass(frozen=True, slots=True)
class Credentials:
    """The user name and password of a camera. Neither is ever printed."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(***)"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge of a ``WWW-Authenticate`` field. Parameter names are in lower case."""

    scheme: str
    parameters: dict[str, str]

    @property
    def method(self) -> str:
        """Return one of ``_STRENGTH``, or another name if the method is not supported."""
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
    """Chooses the strongest challenge that is supported and authorises requests with it.

    A password that was refused is not sent again in the same way, because cameras lock accounts. Some cameras offer a
    kind of Digest that they then refuse, so the next weaker kind is tried, but never Basic after Digest, since that
    would reveal the password. ``make_cnonce`` makes the client's nonces. With ``redirected``, Basic is not used, since
    it would reveal the password to the server that a redirect named. ``challenge`` is the one with which the previous
    connection ended; it is answered in the first request.
    """

    def __init__(
        self,
        credentials: Credentials | None,
        make_cnonce: Callable[[], str],
        *,
        redirected: bool = False,
        challenge: Challenge | None = None,
    ) -> None:
        self._credentials = credentials
        self._redirected = redirected
        self._make_cnonce = make_cnonce
        self.unanswered: Challenge | None = None
        self._challenge = challenge
        self._cnonce = make_cnonce()
        self._refused: set[str] = set()
        self._count = 0
        self._proven = False

    def accepted(self) -> None:
        """Note that a request with our credentials was not refused."""
        self._proven = self._challenge is not None
        self.unanswered = None

    def challenged(self, values: Iterable[str]) -> None:
        """Process the challenge of a 401. Raises ``CameraError`` if answering (again) would be useless."""
        self.unanswered = None
        challenges = {challenge.method: challenge for challenge in reversed(parse_challenges(values))}
        if not challenges:
            raise CameraError(*self._without_challenge())
        spoken = [
            method for method in _STRENGTH if method not in self._refused and (method != "BASIC" or self._basic_spoken)
        ]
        chosen = next((challenges[method] for method in spoken if method in challenges), None)
        if chosen is None and "BASIC" in challenges and self._redirected and self._credentials is not None:
            words = (
                "After a redirect the camera asks for the password in the clear (Basic), which is not sent: configure "
            )
            raise CameraError(SourceReason.REDIRECT_REFUSED, f"{words}the address that it redirects to.")
        if chosen is None and self._refused:
            raise CameraError(SourceReason.PASSWORD_REFUSED, _REFUSED)
        if chosen is None:
            raise CameraError(
                SourceReason.UNSUPPORTED, "The camera asks for a kind of sign-in that the gateway does not support."
            )
        if self._credentials is None:
            raise CameraError(SourceReason.PASSWORD_REFUSED, "The camera asks for a password, and none is configured.")
        if self._challenge is not None:
            stale = chosen.parameters.get("stale", "").lower() == "true"
            renewed = self._proven and chosen.parameters.get("nonce") != self._challenge.parameters.get("nonce")
            if not (stale or renewed) and self._challenge.method not in self._refused:
                self._refused.add(self._challenge.method)
                self._proven = False
                self.challenged(values)
                return
        self._challenge = self.unanswered = chosen
        self._cnonce = self._make_cnonce()
        self._count = 0
        self._proven = False

    @property
    def _basic_spoken(self) -> bool:
        return not (self._redirected or self._refused)

    def _without_challenge(self) -> tuple[SourceReason, str]:
        """Handle a 401 without a challenge, which some servers send for a wrong password, although RFC 2326 12.44
        requires a challenge."""
        if self._challenge is not None:
            return SourceReason.PASSWORD_REFUSED, _REFUSED
        return SourceReason.UNSUPPORTED, "The camera refuses the gateway without saying how to sign in."

    def authorization(self, method: str, url: str) -> str | None:
        """Return the ``Authorization`` value of one request, or None before any challenge."""
        if self._challenge is None or self._credentials is None:
            return None
        user, password = self._credentials.username, self._credentials.password
        if self._challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        given = self._challenge.parameters
        algorithm = self._challenge.method
        hash_of = _HASHES[algorithm.removesuffix(_SESSION)]
        realm, nonce = given.get("realm", ""), given.get("nonce", "")

        def digest(*parts: str) -> str:
            return hash_of(":".join(parts).encode()).hexdigest()

        fields = {"username": user, "realm": realm, "nonce": nonce, "uri": url}
        bare: dict[str, str] = {}
        secret, subject = digest(user, realm, password), digest(method, url)
        if algorithm.endswith(_SESSION):
            secret = digest(secret, nonce, self._cnonce)
            fields["cnonce"] = self._cnonce
        if "qop" in given:
            self._count += 1
            count = f"{self._count:08x}"
            fields |= {"response": digest(secret, nonce, count, self._cnonce, "auth", subject), "cnonce": self._cnonce}
            bare = {"qop": "auth", "nc": count}
        else:
            fields["response"] = digest(secret, nonce, subject)
        if "opaque" in given:
            fields["opaque"] = given["opaque"]
        if "algorithm" in given:
            bare["algorithm"] = given["algorithm"]
        quoted = [f"{name}={_quote(value)}" for name, value in fields.items()]
        return "Digest " + ", ".join(quoted + [f"{name}={value}" for name, value in bare.items()])


def _quote(value: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
