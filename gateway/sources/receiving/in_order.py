"""Recognises RTP packets that arrived together and continue the same NAL unit, with one comparison each. Pure."""

from collections.abc import Sequence
from struct import Struct

_PLAIN_HEADER = Struct("!BBHII")
_SEQUENCE = slice(2, 4)
_TIMESTAMP_AND_SSRC = slice(4, 12)


def run(
    packets: Sequence[bytes], at: int, before: tuple[int, int, int, int], opening: bytes, conclusion: bytes
) -> tuple[list[bytes], bool]:
    """Return the pieces of a NAL unit in ``packets`` from ``at`` on, and True if the last piece ends the NAL unit and
    the picture.

    ``before`` is the payload type, sequence number, timestamp and SSRC of the packet before. A packet is taken if it
    has the header that follows and a payload that begins with ``opening``. The packet whose payload begins with
    ``conclusion`` and that has the marker is the last.
    """
    pack = _PLAIN_HEADER.pack
    kind, sequence, timestamp, ssrc = before
    size = _PLAIN_HEADER.size + len(opening)
    pieces: list[bytes] = []
    for packet in packets[at:]:
        sequence += 1
        if not packet.startswith(pack(0x80, kind, sequence & 0xFFFF, timestamp, ssrc) + opening):
            closing = pack(0x80, kind | 0x80, sequence & 0xFFFF, timestamp, ssrc) + conclusion
            ends = packet.startswith(closing)
            if ends:
                pieces.append(packet[size:])
            return pieces, ends
        pieces.append(packet[size:])
    return pieces, False


def followed(packets: Sequence[bytes], at: int) -> bool:
    """Return True if a packet has the marker, and more of its picture has arrived with it: the next packet is newer and
    has the same source and timestamp. A repeated packet is not newer."""
    if at + 1 == len(packets) or packets[at][1:2] < b"\x80":
        return False
    this, following = packets[at], packets[at + 1]
    if following[_TIMESTAMP_AND_SSRC] != this[_TIMESTAMP_AND_SSRC]:
        return False
    ahead = int.from_bytes(following[_SEQUENCE]) - int.from_bytes(this[_SEQUENCE]) & 0xFFFF
    return 0 < ahead < 0x8000
