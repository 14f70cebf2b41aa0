"""One camera stream, handed to each of its viewers as it arrives."""

from collections.abc import Callable

from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.relay.stream import PacketGroup, RelayStream
from gateway.webrtc.sender import runs_of
from gateway.webrtc.session import Session


class Fanout:
    """Subscribed to ``stream`` while it has viewers. What is the same for all of them is worked out once a group.

    ``expired`` is told of a session whose time is up, ``failed`` of one in which a bug of ours showed: neither may
    stop the others.
    """

    def __init__(
        self,
        stream: RelayStream,
        clock: Clock,
        metrics: Metrics,
        expired: Callable[[Session], None],
        failed: Callable[[Session], None],
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._metrics = metrics
        self._expired = expired
        self._failed = failed
        self._viewers: dict[str, Session] = {}
        self._groups = 0
        self._subscription = stream.subscribe(self._deliver)

    @property
    def empty(self) -> bool:
        """Whether nobody watches."""
        return not self._viewers

    def add(self, session: Session) -> tuple[PacketGroup, ...]:
        """Let a session take part from the next group on; gives the groups since the last keyframe before that."""
        self._viewers[session.id] = session
        return self._stream.gop()

    def remove(self, session: Session) -> None:
        """Nothing reaches the session after this."""
        self._viewers.pop(session.id, None)

    def gop(self) -> tuple[PacketGroup, ...]:
        """All groups since the last keyframe."""
        return self._stream.gop()

    def close(self) -> None:
        """Leave the stream."""
        self._subscription.close()

    def _deliver(self, group: PacketGroup) -> None:
        runs = runs_of(group.payloads)
        monotonic = self._clock.monotonic
        viewers = list(self._viewers.values())
        # Observing each viewer would cost as much as sealing a packet: one of them in turn, and the last, who waits
        # longest. The histogram is so a little worse than the truth, never better.
        self._groups += 1
        sampled = self._groups % (len(viewers) or 1)
        for place, session in enumerate(viewers):
            now = monotonic()
            if now >= session.ends_at:
                self._expired(session)
                continue
            try:
                if session.feed is not None:
                    session.feed.deliver(group, runs)
            except Exception:  # a bug that one viewer met must not cost the others their picture
                self._failed(session)
            if place == sampled or place == len(viewers) - 1:
                self._metrics.relay_seconds.observe(monotonic() - group.arrival)
