"""Holds packets that are waiting for one viewer, and releases them no faster than the link carries. Pure: time is an
argument."""

from collections import deque

from gateway.relay.packet_group import PacketGroup

AT_ONCE = 0.005
"""Seconds of sending that go out together. No queue on the way needs to hold more than this."""
LEAST_AT_ONCE = 6000
MOST = 16 * 1024 * 1024
"""Limit of waiting bytes, however fast the link seems."""


class Pacer:
    """Queues groups and releases them as (group, start, stop), a few packets at a time. Its length is the number of
    groups."""

    def __init__(self) -> None:
        self.bytes = 0
        self._groups: deque[PacketGroup] = deque()
        self._place = 0
        self._allowance = 0.0
        self._at = float("-inf")

    def __len__(self) -> int:
        return len(self._groups)

    def put(self, group: PacketGroup) -> None:
        """Queue a group."""
        self._groups.append(group)
        self.bytes += group.size

    def takes(self, group: PacketGroup, bps: float, patience: float) -> bool:
        """Return True if the group would be sent within ``patience`` seconds, or if nothing is ahead of it.

        Only a group that is partly sent is ahead of a keyframe: the keyframe replaces the others.
        """
        ahead = self._begun_bytes() if group.keyframe else self.bytes
        size = ahead + group.size
        return not ahead or (size <= MOST and 8 * size <= patience * bps)

    def allow_more(self) -> None:
        """Let the next ``take`` return a full share."""
        self._at = float("-inf")

    def take(self, now: float, bps: float) -> list[tuple[PacketGroup, int, int]]:
        """Return what may go out now."""
        most = max(LEAST_AT_ONCE, bps / 8 * AT_ONCE)
        self._allowance = min(most, self._allowance + (now - self._at) * bps / 8)
        self._at = now
        parts = []
        while self._groups and self._allowance > 0:
            group, start = self._groups[0], self._place
            stop = start
            while stop < len(group.payloads) and self._allowance > 0:
                size = len(group.payloads[stop])
                self._allowance -= size
                self.bytes -= size
                stop += 1
            parts.append((group, start, stop))
            self._place = stop
            if stop == len(group.payloads):
                self._groups.popleft()
                self._place = 0
        return parts

    def clear(self) -> int:
        """Drop all groups. Return how many."""
        given_up = len(self._groups)
        self._groups.clear()
        self.bytes = self._place = 0
        return given_up

    def keep_begun(self) -> int:
        """Drop groups that have not started. Return how many."""
        if not self._place:
            return self.clear()
        given_up = len(self._groups) - 1
        while len(self._groups) > 1:
            self.bytes -= self._groups.pop().size
        return given_up

    def _begun_bytes(self) -> int:
        begun = self._groups[0].payloads[self._place :] if self._place else ()
        return sum(map(len, begun))
