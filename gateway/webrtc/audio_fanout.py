"""Sends each camera's sound to the playing sessions that may hear it, for as long as they may see its picture."""

from collections.abc import Callable
from functools import partial

from gateway.clock import Clock
from gateway.relay.audio import AudioPacket
from gateway.webrtc.session import Session


class AudioFanout:
    """Delivers sound to sessions.

    ``expired`` is called with a session whose time is up, ``failed`` with one that has met a bug of ours. Both end the
    session. Neither may silence the others.
    """

    def __init__(self, clock: Clock, expired: Callable[[Session], None], failed: Callable[[Session], None]) -> None:
        self._clock = clock
        self._expired = expired
        self._failed = failed
        self._leaves: dict[str, Callable[[], None]] = {}

    def join(self, session: Session) -> None:
        """Send sound to the session from now on, if sound was negotiated."""
        if session.sound is not None:
            self._leaves[session.id] = session.sound.stream.subscribe(partial(self._deliver, session))

    def leave(self, session: Session) -> None:
        """Stop sending sound to the session."""
        leave = self._leaves.pop(session.id, None)
        if leave is not None:
            leave()

    def look(self, session: Session, now: float) -> None:
        """Send a sender report for the sound if one is due."""
        if session.sound is not None:
            session.sound.report(now, self._clock.now())

    def _deliver(self, session: Session, packet: AudioPacket) -> None:
        if session.sound is None or session.feed is None:
            return
        if self._clock.monotonic() >= session.ends_at:
            self._expired(session)
            return
        try:
            session.sound.deliver(packet, crowded=session.feed.waiting == "link")
        except Exception:  # a bug with one viewer must not interrupt the others' sound
            self._failed(session)
