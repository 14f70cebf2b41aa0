"""Who hears which camera: sound, handed to the sessions that play, for as long as their picture may be seen."""

from collections.abc import Callable
from functools import partial

from gateway.clock import Clock
from gateway.relay.audio import AudioPacket
from gateway.webrtc.session import Session


class AudioFanout:
    """``expired`` is told of a session whose time is up, ``failed`` of one in which a bug of ours showed; both end it.
    Neither may silence the others."""

    def __init__(self, clock: Clock, expired: Callable[[Session], None], failed: Callable[[Session], None]) -> None:
        self._clock = clock
        self._expired = expired
        self._failed = failed
        self._leaves: dict[str, Callable[[], None]] = {}

    def join(self, session: Session) -> None:
        """Send what is heard from now on, where sound was agreed on."""
        if session.sound is not None:
            self._leaves[session.id] = session.sound.stream.subscribe(partial(self._deliver, session))

    def leave(self, session: Session) -> None:
        """No sound reaches the session after this."""
        leave = self._leaves.pop(session.id, None)
        if leave is not None:
            leave()

    def look(self, session: Session, now: float) -> None:
        """Send the report that is due."""
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
        except Exception:  # one viewer's bug must not cost the others their sound
            self._failed(session)
