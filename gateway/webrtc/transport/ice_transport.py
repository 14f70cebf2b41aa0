"""Reaches one viewer: keeps a session's ICE credentials, the routes of its authentic checks, and the route for
media."""

import secrets

from gateway.webrtc.transport import stun
from gateway.webrtc.transport.ice import Credentials, answer_check, local_ufrag
from gateway.webrtc.transport.route import Route
from gateway.webrtc.transport.stun import BindingRequest

KNOWN_ROUTES = 8
KNOWN_CHECKS = 256
SILENT_AFTER = 7.5
"""Seconds without a check after which a route counts as dead. Checks come at least every 6 s (RFC 7675 5.1)."""


class IceTransport:
    """Keeps the path to a viewer whose ICE user name fragment is ``their_ufrag``.

    ``heard_at`` is the gateway time of the last sign of life, initially that of the offer. ``routes`` are all routes of
    authentic checks, oldest first. ``etag`` names the current ICE session.
    """

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
        """Return the route that media takes, or None."""
        return self._route

    @property
    def checks_kept(self) -> int:
        """Return how many checks are remembered, to recognise copies that arrive over another route."""
        return len(self._checks)

    @property
    def ufrags(self) -> set[str]:
        """Return our user name fragments that checks may use."""
        return {self.credentials.ufrag} | ({self._former[0].ufrag} if self._former is not None else set())

    def restart(self, their_ufrag: str, their_password: str) -> None:
        """Change the credentials (RFC 8445 9). The previous ones stay valid until the viewer has nominated with the new
        ones, so that media continues in the meantime."""
        if self._former is None:  # otherwise the latest credentials were never used, and are forgotten
            self._former = self.credentials, self.their_ufrag
        self.credentials, self.their_ufrag = Credentials.fresh(), their_ufrag
        self._their_password = their_password
        self.etag = secrets.token_hex(8)

    def check(self, request: BindingRequest, route: Route, now: float) -> bool:
        """Answer a connectivity check. Return True if it was authentic, so that its route leads to this viewer.

        STUN has no protection against replay: anyone who overhears a check could send it on from elsewhere, and the
        picture would follow. So a check counts only for the route on which it first arrived.
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
        """Note an authentic RTCP packet from ``route``. It is a sign of life if media takes that route.

        Only STUN gives consent (RFC 7675), and this never renews it. But a peer that answers our media with the
        session's keys, from the address that we send to, receives the media and wants it. Some viewers send no checks
        once they are connected. SRTCP recognises replays, so nobody else can keep a session alive.
        """
        if route == self._route:
            self.heard_at = self._route_heard_at = now

    def remember(self, route: Route) -> Route | None:
        """Note that the viewer was heard over this route. Return the oldest route if there are too many to keep."""
        if route in self.routes:  # heard again, after another session's viewer was heard there
            self.routes.remove(route)
        self.routes.append(route)
        return self.routes.pop(0) if len(self.routes) > KNOWN_ROUTES else None

    def lost(self, route: Route) -> None:
        """Forget a route whose TCP connection is gone."""
        if route in self.routes:
            self.routes.remove(route)
        if route == self._route:
            self._route = None

    def send(self, datagram: bytes) -> None:
        """Send a DTLS or RTCP packet."""
        if self._route is not None:
            self._route.via.send(datagram, self._route.address)

    def send_run(self, packets: bytes, count: int, size: int) -> bool:
        """Send media. See ``Via.send_run``."""
        route = self._route
        return route is not None and route[0].send_run(packets, count, size, route[1])

    def ask(self) -> bytes | None:
        """Send a check along the path of media, only for the sake of its answer. Return its transaction.

        Return None if the check would be uninformative: during a restart, when it is unknown which credentials the
        viewer uses, or on a connection that itself starts slowly.
        """
        route = self._route
        if route is None or route.via.paces or self._former is not None or not self._their_password:
            return None
        transaction = secrets.token_bytes(12)
        username = f"{self.their_ufrag}:{self.credentials.ufrag}"
        route.via.send(stun.binding_request(transaction, username, self._their_password), route.address)
        return transaction

    def close(self) -> None:
        """Send nothing more."""
        self._route = None

    def _follow(self, route: Route, nominated: bool, now: float) -> None:
        """Choose the route for media: the one nominated last.

        If a NAT has changed its binding, a check of the nominated pair arrives from elsewhere. For viewers that
        nominate only once, the old route falls silent.
        """
        if route == self._route:
            self._route_heard_at = now
        elif nominated or self._route is None or now - self._route_heard_at >= SILENT_AFTER:
            self._route, self._route_heard_at = route, now

    def _came_first_by(self, transaction: bytes, route: Route) -> Route:
        first = self._checks.setdefault(transaction, route)
        if len(self._checks) > KNOWN_CHECKS:
            del self._checks[next(iter(self._checks))]
        return first
