"""One camera stream, handed to each of its viewers as it arrives."""

from collections.abc import Callable

from gateway.clock import Clock
from gateway.codecs.names import H264
from gateway.metrics import Metrics
from gateway.relay.history import PacketGroup
from gateway.relay.stream import RelayStream
from gateway.webrtc.session import Session


class Fanout:
    """Subscribed to ``stream`` while anyone watches it, or waits for its next keyframe to be switched to it.

    ``expired`` is told of a session whose time is up, and ``failed`` of one in which a bug of ours showed; the others
    go on. ``arrived`` is told of each session that waited, at the keyframe that it waited for, and of every session at
    the first keyframe of another codec. ``behind`` is told of a session for which something waits to be pumped.
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
        """Return True if nobody watches, or waits to."""
        return not self._viewers and not self._waiting

    def add(self, session: Session) -> None:
        """Let a session take part from the next group on. It waits no longer."""
        self._waiting.pop(session.id, None)
        self._viewers[session.id] = session

    def await_keyframe(self, session: Session) -> None:
        """Have ``arrived`` called with the session at the next keyframe."""
        self._waiting[session.id] = session

    def remove(self, session: Session) -> None:
        """Nothing reaches the session after this."""
        self._viewers.pop(session.id, None)
        self._waiting.pop(session.id, None)

    def close(self) -> None:
        """Leave the stream."""
        for leave in self._leave:
            leave()

    def _withdraw(self, _: None) -> None:
        """The last picture is torn: tell every viewer that it waits for the next keyframe, and send no more of it."""
        for session in list(self._viewers.values()):
            try:
                if session.feed is not None:
                    session.feed.begin((), self._monotonic())
            except Exception:
                self._failed(session)

    def _deliver(self, group: PacketGroup) -> None:
        monotonic = self._monotonic
        if group.keyframe and self.stream.codec != self._codec:  # each has to be sent it otherwise, if at all
            self._codec = self.stream.codec
            self._waiting |= self._viewers
        while group.keyframe and self._waiting:
            _, session = self._waiting.popitem()
            try:
                self._arrived(session, group)
            except Exception:
                self._failed(session)
        viewers = list(self._viewers.values())
        # Observing each viewer would cost as much as sealing a packet, so we observe one of them in turn, and the last,
        # who waits longest. This biases the histogram slightly high, never low.
        self._groups += 1
        last = len(viewers) - 1
        sampled = self._groups % (last + 1 or 1)
        for place, session in enumerate(viewers):
            now = monotonic()
            if now >= session.ends_at:
                self._expired(session)
                continue
            feed = session.feed
            try:
                if feed is not None and feed.deliver(group, now):
                    self._behind(session)
            except Exception:  # a bug that one viewer met must not cost the others their picture
                self._failed(session)
            if place in (sampled, last):
                self._observe(monotonic() - group.arrival)
