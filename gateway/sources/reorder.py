"""RTP packets that the network has reordered, put in order again (RFC 3550 appendix A.1). Pure.

What does not come in time is left out; the numbering behind this buffer counts it as lost.
"""

from struct import Struct

from gateway.sources.rtp import MAX_DROPOUT, MAX_MISORDER

LONGEST = 0.1
MOST = 512
_SEQUENCE_AND_SSRC = Struct("!2xH4xI")


class Reorder:
    """A bounded buffer for one stream: no packet waits longer than ``longest`` seconds, and at most ``most`` wait.

    ``late`` counts packets that were not passed on, since they or their successors had been.
    """

    def __init__(self, longest: float = LONGEST, most: int = MOST) -> None:
        self.late = 0
        self._longest = longest
        self._most = most
        self._ssrc = -1
        self._next = 0
        self._held: dict[int, tuple[bytes, float]] = {}

    def push(self, packet: bytes, now: float) -> list[bytes]:
        """Take a packet; return those whose turn has come, in order."""
        if len(packet) < 12:
            return [packet]  # no RTP: the parser behind counts it
        sequence, ssrc = _SEQUENCE_AND_SSRC.unpack_from(packet)
        ahead = (sequence - self._next) & 0xFFFF
        if ahead == 0 and ssrc == self._ssrc and not self._held:
            self._next = (sequence + 1) & 0xFFFF
            return [packet]
        if ssrc != self._ssrc or MAX_DROPOUT <= ahead < 0x10000 - MAX_MISORDER:
            # Another source, or one that counts anew: nothing before it can still come.
            ready = self._release(len(self._held))
            self._ssrc, self._next = ssrc, (sequence + 1) & 0xFFFF
            return [*ready, packet]
        ready = self.expire(now)
        ahead = (sequence - self._next) & 0xFFFF
        if ahead >= MAX_DROPOUT or sequence in self._held:
            self.late += 1
            return ready
        self._held[sequence] = (packet, now)
        return ready + self._release(1 if len(self._held) > self._most else 0)

    def expire(self, now: float) -> list[bytes]:
        """Give up waiting for what is missing before packets that have waited long enough; return those in order."""
        if not self._held:
            return []
        order = sorted(self._held, key=self._ahead)
        overdue = [at for at, sequence in enumerate(order, 1) if now - self._held[sequence][1] >= self._longest]
        return self._release(overdue[-1]) if overdue else []

    def _ahead(self, sequence: int) -> int:
        return (sequence - self._next) & 0xFFFF

    def _release(self, least: int) -> list[bytes]:
        """The first ``least`` packets whatever is missing between them, and all that follow without a gap."""
        ready: list[bytes] = []
        for sequence in sorted(self._held, key=self._ahead):
            if len(ready) >= least and sequence != self._next:
                break
            ready.append(self._held.pop(sequence)[0])
            self._next = (sequence + 1) & 0xFFFF
        return ready
