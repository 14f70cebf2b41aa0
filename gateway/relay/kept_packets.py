"""Keeps packet groups by position: those of the last ``SECONDS`` or the last ``PACKETS``, whichever are more, and all
since the last keyframe. Pure."""

from bisect import bisect_right

from gateway.relay.gop import GOP_BYTES
from gateway.relay.packet_group import PacketGroup

SECONDS = 2.0
PACKETS = 1024


class KeptPackets:
    """The kept groups, oldest first. ``next`` is the position of the first packet of the next group."""

    def __init__(self) -> None:
        self.next = 0
        self._groups: list[PacketGroup] = []
        self._positions: list[int] = []
        self._bytes = 0

    def add(self, group: PacketGroup, gop: int | None) -> None:
        """Keep a group whose position is ``next``, and drop those that are no longer needed. ``gop`` is the
        position of the last keyframe, if all since then is to be kept."""
        self.next = group.position + len(group.payloads)
        self._groups.append(group)
        self._positions.append(group.position)
        self._bytes += group.size
        count = 0
        while self._dispensable(count, gop, group.arrival):
            self._bytes -= self._groups[count].size
            count += 1
        if count:
            del self._groups[:count], self._positions[:count]

    def clear(self) -> None:
        """Drop everything."""
        self._groups, self._positions, self._bytes = [], [], 0

    def since(self, position: int) -> tuple[PacketGroup, ...]:
        """Return the group that begins at ``position``, and all after it."""
        return tuple(self._groups[bisect_right(self._positions, position) - 1 :])

    def at(self, position: int) -> PacketGroup | None:
        """Return the group that begins at ``position``."""
        at = bisect_right(self._positions, position) - 1
        return self._groups[at] if at >= 0 and self._positions[at] == position else None

    def find(self, position: int) -> tuple[PacketGroup, int] | None:
        """Return the group that holds the packet, and the packet's place in it, or None if the packet is no longer kept
        or does not exist yet."""
        at = bisect_right(self._positions, position) - 1
        if at < 0 or position >= self.next:
            return None
        return self._groups[at], position - self._positions[at]

    def newest(self) -> PacketGroup | None:
        """Return the last group."""
        return self._groups[-1] if self._groups else None

    def bps(self) -> float | None:
        """Return the bits per second of what is kept, or None if that spans less than a second."""
        span = self._groups[-1].arrival - self._groups[0].arrival if self._groups else 0.0
        return 8 * (self._bytes - self._groups[0].size) / span if span >= 1.0 else None

    def _dispensable(self, at: int, gop: int | None, now: float) -> bool:
        if at + 1 >= len(self._groups):
            return False
        kept_from = self._positions[at + 1]
        if self._bytes - self._groups[at].size > GOP_BYTES:
            return gop is None or kept_from <= gop
        if gop is not None and kept_from > gop:
            return False
        return self._groups[at].arrival < now - SECONDS and self.next - kept_from >= PACKETS
