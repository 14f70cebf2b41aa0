"""The access unit that is being gathered: its NAL units, and what is known of them. Pure."""

from dataclasses import dataclass, field

from gateway.codecs.depacketizer import MAX_ACCESS_UNIT
from gateway.codecs.unused import Unused
from gateway.errors import Malformed

MAX_NALS = 512


@dataclass(slots=True)
class Gathering:
    """``begun``: a packet of it has come. ``slices`` counts those of its picture, ``marked`` those up to the last
    marker, ``size`` bytes; ``damaged`` says why it cannot be passed on."""

    nals: list[bytes] = field(default_factory=list)
    size: int = 0
    slices: int = 0
    marked: int = 0
    key: bool = False
    begun: bool = False
    damaged: Unused = Unused.NOTHING

    def make_room(self, nal: bytes) -> None:
        """Count a NAL unit that is to be added. Raises ``Malformed`` over the limits."""
        self.size += len(nal)
        if self.size > MAX_ACCESS_UNIT or len(self.nals) >= MAX_NALS:
            self.nals.clear()
            raise Malformed("access unit over the limit")

    def damage(self, cause: Unused) -> None:
        """It cannot be passed on."""
        self.damaged = max(self.damaged, cause)
