"""Passes each datagram from the media port, over UDP or TCP, to the session that it is for."""

import logging
from collections.abc import Callable

from gateway.clock import Clock
from gateway.errors import Malformed
from gateway.metrics import Metrics
from gateway.models import CloseReason
from gateway.webrtc.session import Session
from gateway.webrtc.states import State
from gateway.webrtc.transport import demux, ice, stun
from gateway.webrtc.transport.demux import Protocol
from gateway.webrtc.transport.route import Route
from gateway.webrtc.transport.tcp import TcpConnection

logger = logging.getLogger(__name__)


class Intake:
    """Finds a session first by the user name in a check, and then by the route on which the check arrived.

    ``reached`` is called with a session at its first authentic check, ``proven`` with every new route of such a check,
    ``ended`` when a viewer says goodbye, and ``failed`` with a session that has met a bug of ours.
    """

    def __init__(
        self,
        clock: Clock,
        metrics: Metrics,
        reached: Callable[[Session], None],
        proven: Callable[[Route], None],
        ended: Callable[[Session, CloseReason], None],
        failed: Callable[[Session], None],
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._reached = reached
        self._proven = proven
        self._ended = ended
        self._failed = failed
        self._ufrags: dict[str, set[str]] = {}
        self._by_ufrag: dict[str, Session] = {}
        self._by_route: dict[Route, Session] = {}

    def add(self, session: Session) -> None:
        """Register a session by its credentials. Call this again after an ICE restart."""
        self._know(session, session.path.ufrags)

    def remove(self, session: Session) -> None:
        """Unregister a session. It receives nothing more."""
        self._know(session, set())
        del self._ufrags[session.id]
        for route in list(session.path.routes):
            self._forget(route, session)

    def lost(self, route: Route) -> None:
        """Forget a route whose TCP connection is gone."""
        session = self._by_route.pop(route, None)
        if session is not None:
            session.path.lost(route)

    def received(self, datagram: bytes, route: Route) -> None:
        """Process a datagram from anybody. Bad ones are counted and dropped. A bug ends the session for which the
        datagram was.
        """
        session = self._by_route.get(route)
        protocol = demux.protocol_of(datagram)
        try:
            if protocol is Protocol.STUN:
                self._received_stun(datagram, route)
            elif session is None or protocol is Protocol.RTP:
                self._metrics.dropped.labels(where="stranger" if session is None else "unwanted").inc()
            elif protocol is Protocol.DTLS:
                session.hear_dtls(datagram)
            elif protocol is Protocol.RTCP:
                if session.hear_rtcp(datagram, route, self._clock.monotonic(), self._clock.now()):
                    self._ended(session, CloseReason.VIEWER_LEFT)
            else:
                self._metrics.malformed.labels(protocol="media").inc()
        except Malformed as error:
            self._metrics.malformed.labels(protocol=protocol).inc()
            logger.debug("malformed %s dropped: %s", protocol, error)
        except Exception:
            if session is None:
                raise
            self._failed(session)

    def _received_stun(self, datagram: bytes, route: Route) -> None:
        holder = self._by_route.get(route)
        request = stun.parse_request(datagram)
        if request is None and holder is not None:
            transaction = stun.parse_success(datagram)
            if transaction is not None:
                holder.hear_answer(transaction, self._clock.monotonic())
            return
        session = None if request is None else self._by_ufrag.get(ice.local_ufrag(request))
        if request is None or session is None:
            self._metrics.dropped.labels(where="stranger").inc()
            return
        if isinstance(route.via, TcpConnection) and holder is not None and holder is not session:
            # A connection belongs to one session permanently: it closes with that session, and drops all data that is
            # still waiting to be sent.
            self._metrics.dropped.labels(where="stranger").inc()
            return
        first = session.state is State.NEW
        if not session.check(request, route, self._clock.monotonic()):
            self._metrics.dropped.labels(where="unsigned").inc()
            return
        if holder is not session:
            self._by_route[route] = session
            self._proven(route)
            forgotten = session.path.remember(route)
            if forgotten is not None:
                self._forget(forgotten, session)
        if first:
            self._reached(session)

    def _know(self, session: Session, ufrags: set[str]) -> None:
        for gone in self._ufrags.get(session.id, set()) - ufrags:
            del self._by_ufrag[gone]
        self._by_ufrag.update(dict.fromkeys(ufrags, session))
        self._ufrags[session.id] = ufrags

    def _forget(self, route: Route, session: Session) -> None:
        if self._by_route.get(route) is session:
            del self._by_route[route]
            if isinstance(route.via, TcpConnection):
                route.via.close()
