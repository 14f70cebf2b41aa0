"""Sends one camera stream to each of its viewers as it arrives."""

from collections.abc import Callable

from gateway.clock import Clock
from gateway.codecs.names import H264
from gateway.metrics import Metrics
from gateway.relay.packet_group import PacketGroup
from gateway.relay.stream import RelayStream
from gateway.webrtc.session import Session


class Fanout:
    """Subscribes to ``stream`` while anyone is watching it or waiting to switch to it.

    ``expired`` is called with a session whose time is up, and ``failed`` with one that has met a bug of ours; the
    others continue. ``arrived`` is called with each waiting session at the keyframe that it is waiting for, and with
    every session at the first keyframe of another codec. ``behind`` is called with a session that has packets to pump.
    """

    def __init__(
        self,
        stream: RelayStream,
        clock: Clock,
        metrics: Metrics,
        expired: Callable[[Session], None],
        failed: Callable[[Session], None],
        arrived: Callable[[Session, PacketGroup], None],
        behind: Callable[[Session], None],
    ) -> None:
        self.stream = stream
        self._monotonic = clock.monotonic
        self._observe = metrics.relay_seconds.observe
        self._expired = expired
        self._failed = failed
        self._arrived = arrived
        self._behind = behind
        self._viewers: dict[str, Session] = {}
        self._waiting: dict[str, Session] = {}
        self._groups = 0
        self._codec = stream.codec or H264
        self._leave = (stream.subscribe(self._deliver).close, stream.on_withdrawn(self._withdraw))

    @property
    def empty(self) -> bool:
        """Return True if nobody is watching the stream or waiting to switch to it."""
        return not self._viewers and not self._waiting

    def add(self, session: Session) -> None:
        """Send the session everything from the next group on. It no longer waits."""
        self._waiting.pop(session.id, None)
        self._viewers[session.id] = session

    def await_keyframe(self, session: Session) -> None:
        """Call ``arrived`` with the session at the next keyframe."""
        self._waiting[session.id] = session

    def remove(self, session: Session) -> None:
        """Stop sending to the session."""
        self._viewers.pop(session.id, None)
        self._waiting.pop(session.id, None)

    def close(self) -> None:
        """Unsubscribe from the stream."""
        for leave in self._leave:
            leave()

    def _withdraw(self, _: None) -> None:
        """Stop sending a picture that turned out to be torn, and tell its viewers that they are waiting for the next
        keyframe.
        """
        for session in list(self._viewers.values()):
            try:
                if session.feed is not None:
                    session.feed.begin((), self._monotonic())
            except Exception:
                self._failed(session)

    def _deliver(self, group: PacketGroup) -> None:
        monotonic = self._monotonic
        if group.keyframe and self.stream.codec != self._codec:  # another codec must be sent differently, or not at all
            self._codec = self.stream.codec
            self._waiting |= self._viewers
        while group.keyframe and self._waiting:
            _, session = self._waiting.popitem()
            try:
                self._arrived(session, group)
            except Exception:
                self._failed(session)
        viewers = list(self._viewers.values())
        # Observing a viewer costs as much as sealing several packets, so one of them is observed, in turn.
        self._groups += 1
        observed = self._groups % (len(viewers) or 1)
        for place, session in enumerate(viewers):
            now = monotonic()
            if now >= session.ends_at:
                self._expired(session)
                continue
            feed = session.feed
            try:
                if feed is not None and feed.deliver(group, now):
                    self._behind(session)
            except Exception:  # a bug with one viewer must not interrupt the others' picture
                self._failed(session)
            if place == observed:
                self._observe(monotonic() - group.arrival)
