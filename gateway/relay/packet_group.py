"""One picture as packets, computed once for all its viewers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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
