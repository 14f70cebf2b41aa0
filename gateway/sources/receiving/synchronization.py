"""Finds out which of the RTP sources on one channel is the camera's stream (RFC 3550 3, 8.2). Pure.

A session has one such source. But packets of an earlier session may keep arriving on the same channel, and a camera may
change its stream's SSRC, even at each keyframe, while timestamps and sequence numbers continue. So a source that
continues the current timestamps and numbers is the stream. Any other source takes over only when the stream has been
silent for a while, and its packets are kept until then. Several others may be sending meanwhile.
"""

from collections import deque
from collections.abc import Iterable

TAKEOVER = 0.5
"""Seconds of silence of the stream after which another source takes over."""
FEWEST = 3
"""The least number of packets with which another source takes over."""
MOST_HELD = 512
"""The most packets kept from one other source."""
MOST_OTHERS = 4
"""The most other sources from which packets are kept."""


class SynchronizationSource:
    """``current`` is the SSRC of the stream, initially the one that the camera ``announced`` in its answer to SETUP, if
    any."""

    def __init__(self, announced: int | None = None) -> None:
        self.current = announced
        self._former: int | None = None
        self._renames = True
        self._others: dict[int, deque[tuple[bytes, float]]] = {}

    def another(
        self, ssrc: int, packet: bytes, now: float, heard: float, goes_on: bool, overtaken: bool = False
    ) -> Iterable[tuple[bytes, float]]:
        """Process a packet of a source other than the current one. ``heard`` is when the current one last sent, or -1.

        ``goes_on`` is true if the packet's timestamp and number follow those of the stream, and ``overtaken`` if the
        stream has just had its number. Return the packets to process now, with their times of arrival. If there are
        any, ``ssrc`` has become the current source.
        """
        if self.current is None:
            self.current = ssrc
            return ((packet, now),)
        if ssrc == self._former:
            if overtaken:
                return ()  # sent before the stream was renamed
            self._renames = False  # these are two sources that look alike, not one with two names
        if goes_on and self._renames:
            self._former, self.current = self.current, ssrc
            self._others.clear()
            return ((packet, now),)
        held = self._held(ssrc, heard)
        held.append((packet, now))
        silent_since = held[0][1] if heard < 0 else heard
        if len(held) < FEWEST or now - silent_since < TAKEOVER:
            return ()
        self._former, self.current = None, ssrc
        self._others.clear()
        return tuple(held)

    def _held(self, ssrc: int, heard: float) -> deque[tuple[bytes, float]]:
        """Return the packets kept of another source, which are those since the current one was last ``heard``."""
        held = self._others.get(ssrc)
        if held is not None and heard < held[0][1]:
            return held
        if held is None and len(self._others) >= MOST_OTHERS:
            del self._others[min(self._others, key=lambda other: self._others[other][-1][1])]
        self._others[ssrc] = deque(maxlen=MOST_HELD)
        return self._others[ssrc]
