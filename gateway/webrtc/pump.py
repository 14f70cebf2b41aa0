"""Sends waiting packets a few at a time, so that no buffer on the way overflows."""

import asyncio
from collections.abc import Callable

from gateway.clock import Clock
from gateway.webrtc.session import Session
from gateway.webrtc.states import State

PUMP_INTERVAL = 0.002


class Pump:
    """Runs while any packets are waiting.

    ``expired`` is called with a session whose time is up, ``failed`` with one that has met a bug of ours. Both end the
    session.
    """

    def __init__(self, clock: Clock, expired: Callable[[Session], None], failed: Callable[[Session], None]) -> None:
        self._clock = clock
        self._expired = expired
        self._failed = failed
        self._behind: dict[str, Session] = {}
        self._scheduled = False

    def fell_behind(self, session: Session) -> None:
        """Pump the session in a moment, since packets are waiting for it."""
        self._behind[session.id] = session
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(PUMP_INTERVAL, self._run)

    def leave(self, session: Session) -> None:
        """Stop pumping the session."""
        self._behind.pop(session.id, None)

    def pump(self, session: Session) -> None:
        """Send what may go out now. If anything is left, pump again in a moment."""
        if session.state is not State.PLAYING or session.feed is None:
            return
        now = self._clock.monotonic()
        if now >= session.ends_at:
            self._expired(session)
            return
        try:
            if session.feed.pump(now):
                self.fell_behind(session)
        except Exception:
            self._failed(session)

    def _run(self) -> None:
        self._scheduled = False
        behind, self._behind = self._behind, {}
        for session in behind.values():
            self.pump(session)
