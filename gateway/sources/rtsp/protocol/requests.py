"""Manages the gateway's requests to one camera (RFC 2326 section 6): numbered, authenticated, and one in flight at a
time, so that every answer is unambiguous. Pure."""

from collections import deque
from dataclasses import dataclass

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.auth import Authenticator, Challenge
from gateway.sources.rtsp.protocol.messages import Headers, Response, encode

USER_AGENT = "Sightline"
ANSWER_TIMEOUT = 8.0
MAX_SIGN_INS = 4
MAX_GIVEN_UP = 64
_ACCEPT = ("Accept", "application/sdp")


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that was sent at ``sent`` and is awaiting its answer."""

    sequence: int
    method: str
    url: str
    field: tuple[str, str] | None
    sent: float
    sign_ins: int


class Requests:
    """``output`` is to be sent, ``pending`` is the request in flight. Every request carries ``session_id`` once it is
    known."""

    def __init__(self, authenticator: Authenticator) -> None:
        self.output: list[bytes] = []
        self.pending: Pending | None = None
        self.session_id = ""
        self._authenticator = authenticator
        self._sequence = 0
        self._given_up: deque[str] = deque(maxlen=MAX_GIVEN_UP)
        self._took: tuple[float, float] | None = None

    def take_output(self) -> bytes:
        """Return the bytes to send now."""
        if not self.output:
            return b""
        output = b"".join(self.output)
        self.output.clear()
        return output

    def send(self, method: str, url: str, now: float, field: tuple[str, str] | None = None, sign_ins: int = 0) -> None:
        """Send a request. ``field`` is the name and value of an additional header field."""
        self._sequence += 1
        headers = [("CSeq", str(self._sequence)), ("User-Agent", USER_AGENT)]
        if authorization := self._authenticator.authorization(method, url):
            headers.append(("Authorization", authorization))
        if self.session_id:
            headers.append(("Session", self.session_id))
        if method == "DESCRIBE":
            headers.append(_ACCEPT)
        if field is not None:
            headers.append(field)
        self.output.append(encode(f"{method} {url} RTSP/1.0", headers))
        self.pending = Pending(self._sequence, method, url, field, now, sign_ins)

    def answered(self, response: Response, now: float) -> Pending | None:
        """Return the request that this answers, or None if it answers none, or only announces an answer.

        It answers the request in flight, whatever number it carries (some cameras always send 0), unless the number is
        that of a request that was given up.
        """
        pending, sequence = self.pending, response.headers.get("cseq")
        if pending is None or (sequence != str(pending.sequence) and sequence in self._given_up):
            return None
        if response.status >= 200:
            self._took = (pending.sent, now - pending.sent)
            self.pending = None
        return pending

    def sign_in(self, refused: Pending, headers: Headers, now: float) -> None:
        """Repeat the request with the credentials for the challenge. Raises ``CameraError`` if that would be
        useless."""
        self._authenticator.challenged(headers.all("www-authenticate"))
        if refused.sign_ins >= MAX_SIGN_INS:
            raise CameraError(SourceReason.PASSWORD_REFUSED, "The camera refuses the user name or the password.")
        self.send(refused.method, refused.url, now, refused.field, refused.sign_ins + 1)

    def accepted(self) -> None:
        """Note that the camera accepted our credentials."""
        self._authenticator.accepted()

    @property
    def unanswered_challenge(self) -> Challenge | None:
        """Return the challenge that this connection did not last long enough to answer."""
        return self._authenticator.unanswered

    def overdue(self, now: float) -> Pending | None:
        """Return the request whose answer should have arrived by now."""
        return self.pending if self.pending is not None and now - self.pending.sent >= ANSWER_TIMEOUT else None

    def give_up(self) -> None:
        """Stop waiting for the answer."""
        if self.pending is not None:
            self._given_up.append(str(self.pending.sequence))
            self._took, self.pending = (self.pending.sent, ANSWER_TIMEOUT), None

    def answer_time(self, since: float, now: float, slow: float) -> float | None:
        """Return how many seconds an answer to a request sent after ``since`` took, or has been awaited so far if that
        is at least ``slow``. Return None if neither is known yet."""
        if self.pending is not None and self.pending.sent >= since and now - self.pending.sent >= slow:
            return now - self.pending.sent
        return self._took[1] if self._took is not None and self._took[0] >= since else None
