"""Keeps the latest packets of a camera stream, once for all its viewers. New viewers begin with them, and lost packets
are repeated from them. Pure.

While nobody is watching, pictures are kept unpacketised, and only those since the last keyframe. They are packetised
for the first viewer.

Each packet has a *position*: the number of packets before it in the stream. A viewer has its own sequence numbers. It
knows which sequence number corresponds to which position, and keeps no packets.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.registry import PLAYED, payloads_of

SECONDS = 2.0
PACKETS = 1024
GOP_BYTES = 16 * 1024 * 1024
GOP_GROUPS = 1024
LARGEST_RUN = 54  # packets of 1200 bytes that fit into one segmented send of at most 64 KiB

Runs = tuple[tuple[int, int, int], ...]


def runs_of(payloads: Sequence[bytes]) -> Runs:
    """Return (start, stop, payload size) of the runs that one segmented send can carry: all sizes are equal, except
    that the last may be smaller."""
    runs = []
    sizes = list(map(len, payloads))
    start, count = 0, len(sizes)
    while start < count:
        size, stop, most = sizes[start], start + 1, min(count, start + LARGEST_RUN)
        while stop < most and sizes[stop] == size:
            stop += 1
        if stop < most and sizes[stop] < size:
            stop += 1
        runs.append((start, stop, size))
        start = stop
    return tuple(runs)


@dataclass(frozen=True, slots=True)
class PacketGroup:
    """Holds one picture as RTP payloads. The marker bit belongs on the last.

    ``rtp`` is in 90 kHz ticks, with 32 bits, on the stream's own line. ``arrival`` is the gateway time of the last RTP
    packet from the camera; ``position`` is that of the group's first packet. ``size`` in bytes and ``runs`` are
    computed once for all viewers.
    """

    payloads: tuple[bytes, ...]
    rtp: int
    keyframe: bool
    arrival: float
    position: int = 0
    size: int = field(init=False, compare=False)
    runs: Runs = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", sum(map(len, self.payloads)))
        object.__setattr__(self, "runs", runs_of(self.payloads))


class History:
    """Holds the groups of the last ``SECONDS`` or the last ``PACKETS``, whichever are more, and all since the last
    keyframe.

    A GOP beyond ``GOP_BYTES`` or ``GOP_GROUPS`` is dropped. Viewers then begin at the next keyframe.
    """

    def __init__(self) -> None:
        self._next = 0
        self._groups: list[PacketGroup] = []
        self._positions: list[int] = []
        self._bytes = 0
        self._keyframe: int | None = None  # position at which the kept GOP begins
        self._began = 0.0  # arrival of that keyframe
        self._gop_bytes = self._gop_groups = 0
        self._unwatched: list[tuple[AccessUnit, int]] = []  # pictures that follow the groups
        self._unwatched_bytes = 0
        self._bps = 0.0  # of the last GOP that was dropped while nobody was watching

    @property
    def next(self) -> int:
        """Return the position of the first packet of the next group."""
        self._packetize()
        return self._next

    def put(self, unit: AccessUnit, rtp: int) -> tuple[PacketGroup | None, int]:
        """Packetise a picture and keep it. Return its group (None if browsers do not play its codec), and how many
        groups of a GOP were dropped to make room, usually 0."""
        payloads = payloads_of(unit)
        if not payloads:
            return None, 0
        group = PacketGroup(payloads, rtp, unit.keyframe, unit.arrival, self.next)
        return group, self.add(group)

    def put_unwatched(self, unit: AccessUnit, rtp: int) -> int:
        """Keep a picture while nobody is watching. Return how many pictures of a GOP were dropped to make room, usually
        0."""
        if unit.codec not in PLAYED:
            return 0
        size = sum(map(len, unit.nals))
        if unit.keyframe:
            self._begin_unwatched(unit.arrival)
        if self._keyframe is None:
            self._gop_bytes += size
            self._gop_groups += 1
            return 0
        self._unwatched.append((unit, rtp))
        self._unwatched_bytes += size
        if not self._too_long:
            return 0
        self._gop_bytes += self._unwatched_bytes
        self._gop_groups += len(self._unwatched)
        self._keyframe = None
        self._forget_unwatched()
        return self._gop_groups

    def add(self, group: PacketGroup) -> int:
        """Keep a group whose position is ``next``. Return how many groups of a GOP were dropped to make room, usually
        0."""
        self._packetize()
        self._next = group.position + len(group.payloads)
        self._groups.append(group)
        self._positions.append(group.position)
        self._bytes += group.size
        if group.keyframe:
            self._keyframe, self._began, self._gop_bytes, self._gop_groups = group.position, group.arrival, 0, 0
        self._gop_bytes += group.size
        self._gop_groups += 1
        given_up = 0
        if self._keyframe is not None and self._too_long:
            given_up, self._keyframe = self._gop_groups, None
        self._forget(group.arrival)
        return given_up

    @property
    def _too_long(self) -> bool:
        size, groups = self._gop_bytes + self._unwatched_bytes, self._gop_groups + len(self._unwatched)
        return size > GOP_BYTES or groups > GOP_GROUPS

    @property
    def gave_up(self) -> bool:
        """Return True if the GOP is too long to be kept, so that no viewer can begin before the next keyframe."""
        return self._keyframe is None and self._too_long

    @property
    def begun(self) -> bool:
        """Return True if a keyframe is kept with which a viewer can begin."""
        return self._keyframe is not None

    def forget_gop(self) -> None:
        """Let no new viewer begin with the kept pictures. Packets that were sent can still be repeated."""
        self._keyframe = None
        self._forget_unwatched()

    def gop(self) -> tuple[PacketGroup, ...]:
        """Return all groups since the last keyframe, oldest first, or none if there is no keyframe."""
        self._packetize()
        if self._keyframe is None:
            return ()
        return tuple(self._groups[bisect_right(self._positions, self._keyframe) - 1 :])

    def gop_start(self) -> int | None:
        """Return the RTP time of the first picture of ``gop``, or None if there is none. Cheaper than ``gop``."""
        if self._keyframe is None:
            return None
        at = bisect_right(self._positions, self._keyframe) - 1
        if at >= 0 and self._positions[at] == self._keyframe:
            return self._groups[at].rtp
        return self._unwatched[0][1] if self._unwatched else None

    def find(self, position: int) -> tuple[PacketGroup, int] | None:
        """Return the group that holds the packet, and the packet's place in it, or None if the packet is no longer kept
        or does not exist yet."""
        self._packetize()
        at = bisect_right(self._positions, position) - 1
        if at < 0 or position >= self._next:
            return None
        return self._groups[at], position - self._positions[at]

    def bps(self) -> float:
        """Return the bits per second of the kept pictures, or of those dropped last; 0 if they span less than a
        second."""
        self._packetize()
        span = self._groups[-1].arrival - self._groups[0].arrival if self._groups else 0.0
        return 8 * (self._bytes - self._groups[0].size) / span if span >= 1.0 else self._bps

    def newest(self) -> PacketGroup | None:
        """Return the last group."""
        self._packetize()
        return self._groups[-1] if self._groups else None

    def _packetize(self) -> None:
        """Make groups of the pictures that arrived while nobody was watching."""
        if self._unwatched:
            unwatched, self._unwatched = self._unwatched, []
            self._unwatched_bytes = 0
            for unit, rtp in unwatched:
                self.put(unit, rtp)

    def _begin_unwatched(self, arrival: float) -> None:
        """Begin with a keyframe that arrives while nobody is watching. The pictures before it are no longer needed."""
        if self._keyframe is not None and arrival - self._began >= 1.0:
            self._bps = 8 * (self._gop_bytes + self._unwatched_bytes) / (arrival - self._began)
        self._groups, self._positions = [], []
        self._bytes = self._gop_bytes = self._gop_groups = 0
        self._keyframe, self._began = self._next, arrival
        self._forget_unwatched()

    def _forget_unwatched(self) -> None:
        self._unwatched, self._unwatched_bytes = [], 0

    def _forget(self, now: float) -> None:
        count = 0
        while self._dispensable(count, now):
            self._bytes -= self._groups[count].size
            count += 1
        if count:
            del self._groups[:count], self._positions[:count]

    def _dispensable(self, at: int, now: float) -> bool:
        if at + 1 >= len(self._groups):
            return False
        kept_from = self._positions[at + 1]
        if self._bytes - self._groups[at].size > GOP_BYTES:
            return self._keyframe is None or kept_from <= self._keyframe
        if self._keyframe is not None and kept_from > self._keyframe:
            return False
        return self._groups[at].arrival < now - SECONDS and self.next - kept_from >= PACKETS
