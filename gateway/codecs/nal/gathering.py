"""Gathers the current access unit: its NAL units, and what is known about them. Pure."""

from dataclasses import dataclass, field

from gateway.codecs.depacketizer import MAX_ACCESS_UNIT
from gateway.codecs.unused import Unused
from gateway.errors import Malformed

MAX_NALS = 512
MAX_OTHERS = MAX_NALS // 2
"""The maximum number of NAL units that only describe the picture. They may use half of the bytes."""


@dataclass(slots=True)
class Gathering:
    """``begun``: a packet of this access unit has arrived. ``slices`` counts the slices of its picture, ``marked``
    those up to the last marker, and ``size`` the bytes. ``damaged`` says why the access unit cannot be passed on."""

    nals: list[bytes] = field(default_factory=list)
    size: int = 0
    slices: int = 0
    marked: int = 0
    key: bool = False
    begun: bool = False
    damaged: Unused = Unused.NOTHING

    def has_room(self, nal: bytes) -> bool:
        """Return False if a NAL unit that codes no part of the picture would take the place of one that does."""
        return len(self.nals) < MAX_OTHERS and self.size + len(nal) <= MAX_ACCESS_UNIT // 2

    def make_room(self, nal: bytes) -> None:
        """Count a NAL unit that is about to be added. Raises ``Malformed`` if it exceeds the limits."""
        self.size += len(nal)
        if self.size > MAX_ACCESS_UNIT or len(self.nals) >= MAX_NALS:
            self.nals.clear()
            raise Malformed("access unit over the limit")

    def damage(self, cause: Unused) -> None:
        """Note why the access unit cannot be passed on."""
        self.damaged = max(self.damaged, cause)
