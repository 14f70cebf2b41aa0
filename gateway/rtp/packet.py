"""RTP packets (RFC 3550 section 5) and the numbering of one source (RFC 3550 A.1, A.8). Pure."""

from struct import Struct
from typing import NamedTuple

from gateway.errors import Malformed

_FIXED = Struct("!BBHII")
_EXTENSION = Struct("!HH")
MAX_DROPOUT = 3000
MAX_MISORDER = 100
_ROUND = 0x10000
ALIGNMENT = 32
"""The largest number of padding bytes that any cipher or word size requires."""


class RtpPacket(NamedTuple):
    """One packet. ``timestamp`` is in units of the media clock; ``payload`` is without padding."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


class Padding:
    """Finds the padding of one sender's packets (5.1): if the header announces padding, the last byte holds its size.

    Some senders set the flag but add no padding, so the last byte belongs to the payload. Sooner or later it is a size
    that padding cannot have: larger than the packet, or larger than any alignment without being preceded by zeros.
    From then on, this sender is not ``believed``. Other senders add one byte and do not count it: the size is 0.
    """

    def __init__(self) -> None:
        self.believed = True

    def size(self, packet: bytes, start: int) -> int:
        """Return how many bytes of padding end a packet that announces it. Its payload begins at ``start``."""
        if start >= len(packet):
            return 0
        count = max(1, packet[-1])
        if count > len(packet) - start or (count > ALIGNMENT and any(packet[-count:-1])):
            self.believed = False
        return count if self.believed else 0


def parse_rtp(packet: bytes, padding: Padding | None = None) -> RtpPacket:
    """Parse one packet, and remove CSRC list, header extension and padding. ``padding`` is what is
    known about the sender's padding. Raises ``Malformed``."""
    size = len(packet)
    if size < 12:
        raise Malformed("RTP packet of less than 12 bytes")
    flags, kind, sequence, timestamp, ssrc = _FIXED.unpack_from(packet)
    start, end = 12, size
    if flags != 0x80:
        if flags >> 6 != 2:
            raise Malformed("RTP version is not 2")
        start += 4 * (flags & 0x0F)
        if flags & 0x10:
            if start + 4 > size:
                raise Malformed("RTP header extension is cut off")
            start += 4 + 4 * _EXTENSION.unpack_from(packet, start)[1]
        if flags & 0x20:
            end -= (padding or Padding()).size(packet, start)
        if start > end:
            raise Malformed("RTP header and padding are longer than the packet")
    return RtpPacket(kind & 0x7F, kind > 0x7F, sequence, timestamp, ssrc, packet[start:end])


class Numbering:
    """Tracks sequence numbers and jitter of one SSRC, as receiver reports need them.

    ``received`` and ``lost`` count packets; ``highest`` is the extended highest sequence number; ``jitter`` is in units
    of the media clock. ``reliable``: the transport loses nothing.
    """

    def __init__(self, reliable: bool = False) -> None:
        self.received = 0
        self.lost = 0
        self.highest = -1
        self.jitter = 0.0
        self._transit: float | None = None
        self._reliable = reliable
        self._skipped = -2 * _ROUND  # ``highest`` when the number 0 was last left out

    def count(self, sequence: int) -> int:
        """Process the next packet. Return how many are missing before it, or -1 if it is late or a duplicate.

        A jump too far to be a loss means that the source has restarted its numbers: one packet counts as missing.
        """
        self.received += 1
        if self.highest < 0:
            self.highest = sequence
            return 0
        step = (sequence - self.highest) & 0xFFFF
        if step == 1:
            self.highest += 1
            return 0
        if 0 < step < MAX_DROPOUT:
            missing = step - 1
            only_zero = missing == 1 and sequence == 1
            if only_zero and self._never_zero():
                missing = 0
            self.highest += step
            self.lost += missing
            return missing
        if step == 0 or step > 0x10000 - MAX_MISORDER:
            return -1
        self.highest += step
        self.lost += 1
        return 1

    def _never_zero(self) -> bool:
        """Return True if this camera goes from 65535 to 1, as some do. That is certain if the transport loses nothing,
        and assumed if the camera has left out 0 one round earlier, too."""
        before, self._skipped = self._skipped, self.highest
        return self._reliable or before == self.highest - _ROUND

    def count_in_order(self, packets: int) -> None:
        """Process this many packets that follow the last one in order."""
        self.received += packets
        self.highest += packets

    def time(self, timestamp: int, arrival: float, clock_rate: int) -> None:
        """Update the jitter estimate, once per picture: its packets share a timestamp but were not sent at once."""
        transit = arrival * clock_rate - timestamp
        if self._transit is not None:
            self.jitter += (min(abs(transit - self._transit), clock_rate) - self.jitter) / 16
        self._transit = transit
