"""The interface that turns the RTP packets of one camera into pictures, whatever the codec. Pure."""

from typing import Protocol

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.sequence_parameters import SequenceParameters
from gateway.codecs.unused import Unused
from gateway.rtp.packet import RtpPacket

MAX_ACCESS_UNIT = 4 * 1024 * 1024


class Depacketizer(Protocol):
    """Builds the pictures of one RTP source, which end with a change of timestamp or with a marker that is believed.

    ``seen`` counts pictures that have ended, ``dropped`` those of them that were not passed on, ``malformed`` packets
    of no use, ``withdrawn`` pictures that were passed on, proved not to be whole, and cannot be sent again: the next
    one is a keyframe. ``unused`` says why none was passed on since the last that was. ``picture`` is what the newest
    parameter set or header told.
    """

    seen: int
    dropped: int
    malformed: int
    withdrawn: int
    unused: Unused
    picture: SequenceParameters | None

    def push(self, packet: RtpPacket, missing: int, arrival: float, followed: bool = False) -> tuple[AccessUnit, ...]:
        """Take the next packet, before which ``missing`` are lost. One of no use damages its picture.
        ``followed``: more of its timestamp has come with it, so that its marker ends nothing."""
        ...

    def begin_again(self) -> tuple[AccessUnit, ...]:
        """Begin with another RTP source, and return what is complete of the last one. What was learned stays."""
        ...

    @property
    def continuation(self) -> bytes:
        """The first bytes of a next payload that continues the current fragmented unit; empty if there is none."""
        ...

    @property
    def conclusion(self) -> bytes:
        """The first bytes of a next payload that ends the same unit; as long as ``continuation``."""
        ...

    def carry_on(
        self, pieces: list[bytes], size: int, arrival: float, ends: bool, followed: bool
    ) -> tuple[AccessUnit, ...]:
        """Take the next packets of the same timestamp, as ``push`` would, ``size`` bytes in all: what follows
        ``continuation`` in those without a marker and, if ``ends``, what follows ``conclusion`` in one with it."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return notes for district IT about this stream."""
        ...
