"""Restores the order of RTP packets that the network has reordered (RFC 3550 appendix A.1). Pure.

Packets that do not arrive in time are left out; the numbering after this buffer counts them as lost.
"""

from collections import deque
from heapq import heappop, heappush
from struct import Struct

from gateway.rtp.packet import MAX_DROPOUT, MAX_MISORDER

LONGEST = 0.1
MOST = 512
_ALL, _NONE = float("inf"), -1.0
_SEQUENCE_AND_SSRC = Struct("!2xH4xI")


class Reorder:
    """A bounded buffer for one stream: no packet waits longer than ``longest`` seconds, and at most ``most`` are
    waiting.

    ``late`` counts packets that were not passed on because they or their successors already had been.
    """

    def __init__(self, longest: float = LONGEST, most: int = MOST) -> None:
        self.late = 0
        self._longest = longest
        self._most = most
        self._ssrc = -1
        self._next = 0  # continues the numbers of the source's first packet beyond 16 bits
        self._held: list[tuple[int, bytes]] = []  # a heap
        self._places: set[int] = set()
        self._arrivals: deque[tuple[float, int]] = deque()

    def push(self, packet: bytes, now: float) -> list[bytes]:
        """Process a packet, and return all packets whose turn has come, in order."""
        if len(packet) < 12:
            return [packet]  # not RTP: the parser after this buffer counts it
        sequence, ssrc = _SEQUENCE_AND_SSRC.unpack_from(packet)
        ahead = (sequence - self._next) & 0xFFFF
        if ahead == 0 and ssrc == self._ssrc:
            self._next += 1
            return [packet, *self._release(_NONE)] if self._held else [packet]
        if ssrc != self._ssrc or MAX_DROPOUT <= ahead < 0x10000 - MAX_MISORDER:
            # Another source, or one that has restarted its numbers: nothing before it can still arrive.
            ready = self._release(_ALL)
            self._ssrc, self._next = ssrc, sequence + 1
            return [*ready, packet]
        ready = self.expire(now)
        ahead = (sequence - self._next) & 0xFFFF
        place = self._next + ahead
        if ahead >= MAX_DROPOUT or place in self._places:
            self.late += 1
            return ready
        heappush(self._held, (place, packet))
        self._places.add(place)
        self._arrivals.append((now, place))
        return ready + self._release(self._held[0][0] if len(self._held) > self._most else _NONE)

    def expire(self, now: float) -> list[bytes]:
        """Stop waiting for packets missing before those that have waited long enough, and return the latter in
        order."""
        arrivals, overdue = self._arrivals, _NONE
        while arrivals and now - arrivals[0][0] >= self._longest:
            overdue = max(overdue, arrivals.popleft()[1])
        return self._release(overdue) if overdue >= self._next else []

    def _release(self, upto: float) -> list[bytes]:
        """Return all held packets up to this place, despite any gaps, and those that follow without a gap."""
        ready: list[bytes] = []
        held = self._held
        while held and (held[0][0] <= upto or held[0][0] == self._next):
            place, packet = heappop(held)
            self._places.discard(place)
            self._next = place + 1
            ready.append(packet)
        if not held:
            self._arrivals.clear()
        return ready
