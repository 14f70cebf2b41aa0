"""Who gets which stream: start bursts, live groups, repeats of a picture that was lost."""

import asyncio
from collections.abc import Callable

from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.stream import PacketGroup, RelayStream
from gateway.webrtc.fanout import Fanout
from gateway.webrtc.session import Session
from gateway.webrtc.states import State

PUMP_INTERVAL = 0.002

Streams = Callable[[CameraId, StreamName], RelayStream | None]


class Distribution:
    """Hands the streams of all cameras to the sessions that play.

    ``expired`` is told of a session whose time is up, ``failed`` of one in which a bug of ours showed; both end it.
    """

    def __init__(
        self,
        streams: Streams,
        clock: Clock,
        metrics: Metrics,
        expired: Callable[[Session], None],
        failed: Callable[[Session], None],
    ) -> None:
        self._streams = streams
        self._clock = clock
        self._metrics = metrics
        self._expired = expired
        self._failed = failed
        self._fanouts: dict[tuple[CameraId, StreamName], Fanout] = {}

    def join(self, session: Session) -> bool:
        """Send what leads up to now at once, then what comes. False where the camera's stream is no more."""
        key = session.camera_id, session.stream
        if key not in self._fanouts:
            stream = self._streams(*key)
            if stream is None:
                return False
            self._fanouts[key] = Fanout(stream, self._clock, self._metrics, self._expired, self._failed)
        self._burst(session, self._fanouts[key].add(session))
        return True

    def leave(self, session: Session) -> None:
        """Nothing reaches the session after this."""
        key = session.camera_id, session.stream
        fanout = self._fanouts.get(key)
        if fanout is not None:
            fanout.remove(session)
            if fanout.empty:
                self._fanouts.pop(key).close()

    def refresh(self, session: Session) -> None:
        """The viewer has lost the picture: begin again at the last keyframe rather than wait for the next."""
        fanout = self._fanouts.get((session.camera_id, session.stream))
        if fanout is not None:
            self._burst(session, fanout.gop())

    def _burst(self, session: Session, groups: tuple[PacketGroup, ...]) -> None:
        if session.feed is not None:
            idle = not session.feed.sender.catching_up
            session.feed.sender.begin(groups)
            if idle:
                self._pump(session)

    def _pump(self, session: Session) -> None:
        """Send a burst in chunks with time between them, so that no buffer on the way overflows."""
        if session.state is not State.PLAYING or session.feed is None:
            return
        if self._clock.monotonic() >= session.ends_at:
            self._expired(session)
            return
        try:
            if session.feed.pump():
                asyncio.get_running_loop().call_later(PUMP_INTERVAL, self._pump, session)
        except Exception:
            self._failed(session)
