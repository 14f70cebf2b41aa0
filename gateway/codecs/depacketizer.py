"""The interface that turns the RTP packets of one camera into pictures, whatever the codec. Pure."""

from typing import Protocol

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.sequence_parameters import SequenceParameters
from gateway.codecs.unused import Unused
from gateway.rtp.packet import RtpPacket

MAX_ACCESS_UNIT = 4 * 1024 * 1024


class Counts:
    """Holds what a depacketizer has counted and learned so far. See ``Depacketizer``."""

    def __init__(self) -> None:
        self.seen = 0
        self.dropped = 0
        self.malformed = 0
        self.withdrawn = 0
        self.unused = Unused.NOTHING
        self.picture: SequenceParameters | None = None


class Depacketizer(Protocol):
    """Builds the pictures of one RTP source. A picture ends when the timestamp changes, or at a marker that is
    believed.

    ``seen`` counts the pictures that have ended.
    ``dropped`` counts those of ``seen`` that were not passed on.
    ``malformed`` counts unusable packets.
    ``withdrawn`` counts pictures that were passed on, turned out to be incomplete, and cannot be sent again, so the
    next picture is a keyframe.

    ``unused`` says why no picture has been passed on since the last one. ``picture`` is the description in the
    newest parameter set or header.
    """

    seen: int
    dropped: int
    malformed: int
    withdrawn: int
    unused: Unused
    picture: SequenceParameters | None

    def push(self, packet: RtpPacket, missing: int, arrival: float, followed: bool = False) -> tuple[AccessUnit, ...]:
        """Process the next packet. ``missing`` packets before it were lost. An unusable packet damages its picture.
        ``followed`` means that more packets of this timestamp arrived with it, so that its marker does not end the
        picture."""
        ...

    def begin_again(self) -> tuple[AccessUnit, ...]:
        """Begin with another RTP source, and return the complete pictures of the last one. What was learned is kept."""
        ...

    @property
    def continuation(self) -> bytes:
        """Return the first bytes of a next payload that continues the current fragmented unit, or none."""
        ...

    @property
    def conclusion(self) -> bytes:
        """Return the first bytes of a next payload that ends the same unit. They are as long as ``continuation``."""
        ...

    def carry_on(
        self, pieces: list[bytes], size: int, arrival: float, ends: bool, followed: bool
    ) -> tuple[AccessUnit, ...]:
        """Process the next packets of the same timestamp, ``size`` bytes in all, as ``push`` would. ``pieces`` are the
        bytes after ``continuation`` of packets without a marker. If ``ends`` is set, the last piece is the bytes after
        ``conclusion`` of a packet with a marker."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return notes for district IT about this stream."""
        ...
