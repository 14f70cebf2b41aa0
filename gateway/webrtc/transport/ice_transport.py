"""How one viewer is reached: a session's ICE credentials, the routes by which authentic checks came, and the one
of them that media goes by."""

import secrets

from gateway.webrtc.transport import stun
from gateway.webrtc.transport.ice import Credentials, answer_check, local_ufrag
from gateway.webrtc.transport.route import Route
from gateway.webrtc.transport.stun import BindingRequest

KNOWN_ROUTES = 8
KNOWN_CHECKS = 256
SILENT_AFTER = 7.5
"""Seconds without a check (RFC 7675 5.1: they come every 6 at most) after which a route is taken for dead."""


class IceTransport:
    """The way to a viewer whose ICE user name fragment is ``their_ufrag``. ``heard_at`` is gateway time of the last
    sign of life, at first of the offer; ``routes`` are all that such checks came by, the oldest first; ``etag``
    names what was agreed on last."""

    def __init__(self, their_ufrag: str, their_password: str, now: float) -> None:
        self.routes: list[Route] = []
        self.heard_at = now
        self.credentials = Credentials.fresh()
        self.their_ufrag = their_ufrag
        self._their_password = their_password
        self.etag = secrets.token_hex(8)
        self._former: tuple[Credentials, str] | None = None
        self._route: Route | None = None
        self._route_heard_at = now
        self._checks: dict[bytes, Route] = {}

    @property
    def route(self) -> Route | None:
        """The one that media goes by."""
        return self._route

    @property
    def checks_kept(self) -> int:
        """Return how many checks are known, to tell those that come by another way a second time."""
        return len(self._checks)

    @property
    def ufrags(self) -> set[str]:
        """Our user name fragments that checks may name."""
        return {self.credentials.ufrag} | ({self._former[0].ufrag} if self._former is not None else set())

    def restart(self, their_ufrag: str, their_password: str) -> None:
        """Agree on new credentials (RFC 8445 9). The former hold until the viewer has nominated by the new ones: media
        goes on meanwhile."""
        if self._former is None:  # else what was agreed on last was never used, and is forgotten
            self._former = self.credentials, self.their_ufrag
        self.credentials, self.their_ufrag = Credentials.fresh(), their_ufrag
        self._their_password = their_password
        self.etag = secrets.token_hex(8)

    def check(self, request: BindingRequest, route: Route, now: float) -> bool:
        """Answer a connectivity check. Return True if it was authentic: then its route leads to this viewer.

        STUN knows no replay: whoever overheard a check could send it on from elsewhere, and the picture would follow.
        So one that is known counts only from where it came first.
        """
        ours, theirs = self.credentials, self.their_ufrag
        current = local_ufrag(request) == ours.ufrag
        if not current and self._former is not None:
            ours, theirs = self._former
        answer = answer_check(request, ours, theirs, route.host, route.port)
        if answer is None or self._came_first_by(request.transaction, route) != route:
            return False
        route.via.send(answer.reply, route.address)
        if not answer.accepted:
            return False
        self.heard_at = now
        if current and answer.nominated:
            self._former = None
        self._follow(route, answer.nominated, now)
        return True

    def heard(self, route: Route, now: float) -> None:
        """An authentic RTCP packet came by ``route``, which shows life where it is the one that media goes by.

        Consent is given by STUN (RFC 7675), and never anew by this. But whoever answers for what we send, with the keys
        of the session, from where we send it, receives it and wants it; and there are viewers that send no check once
        they are connected. SRTCP knows replays, so that nobody else can keep a session alive.
        """
        if route == self._route:
            self.heard_at = self._route_heard_at = now

    def remember(self, route: Route) -> Route | None:
        """Note by which route the viewer was heard; gives the oldest when there are too many to keep."""
        if route in self.routes:  # heard again, since another session's viewer was heard there meanwhile
            self.routes.remove(route)
        self.routes.append(route)
        return self.routes.pop(0) if len(self.routes) > KNOWN_ROUTES else None

    def lost(self, route: Route) -> None:
        """A TCP connection is gone: nothing can be sent by it."""
        if route in self.routes:
            self.routes.remove(route)
        if route == self._route:
            self._route = None

    def send(self, datagram: bytes) -> None:
        """Send DTLS or RTCP."""
        if self._route is not None:
            self._route.via.send(datagram, self._route.address)

    def send_run(self, packets: bytes, count: int, size: int) -> bool:
        """Send media; see Via.send_run."""
        route = self._route
        return route is not None and route[0].send_run(packets, count, size, route[1])

    def ask(self) -> bytes | None:
        """Send a check that looks for nothing but its answer, the way of media. Return its transaction, or None where
        it would tell nothing: during a restart, when it is not known which credentials the viewer goes by, or by a
        connection that itself begins slowly."""
        route = self._route
        if route is None or route.via.paces or self._former is not None or not self._their_password:
            return None
        transaction = secrets.token_bytes(12)
        username = f"{self.their_ufrag}:{self.credentials.ufrag}"
        route.via.send(stun.binding_request(transaction, username, self._their_password), route.address)
        return transaction

    def close(self) -> None:
        """Nothing is sent after this."""
        self._route = None

    def _follow(self, route: Route, nominated: bool, now: float) -> None:
        """Media goes by the route that was nominated last. A NAT that has bound anew shows as the nominated pair's
        check from elsewhere, or, of viewers who nominate but once, as silence by the old route."""
        if route == self._route:
            self._route_heard_at = now
        elif nominated or self._route is None or now - self._route_heard_at >= SILENT_AFTER:
            self._route, self._route_heard_at = route, now

    def _came_first_by(self, transaction: bytes, route: Route) -> Route:
        first = self._checks.setdefault(transaction, route)
        if len(self._checks) > KNOWN_CHECKS:
            del self._checks[next(iter(self._checks))]
        return first
