"""Reads sender reports and BYE, and writes receiver reports, in RTCP (RFC 3550 section 6). Pure."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.errors import Malformed
from gateway.rtp.packet import Numbering
from gateway.rtp.time import NTP_EPOCH

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, BYE = 200, 201, 202, 203
RTCP_TYPES = frozenset(bytes((kind,)) for kind in range(192, 224))
"""The possible second bytes of RTCP packets, which RTP packets of usable payload types do not have (RFC 5761 4)."""
ERA = 1 << 32
_SENDER_INFO = 16
"""The bytes of a report that are used here: SSRC, NTP timestamp, RTP timestamp."""


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """A sender report's own part. ``ntp`` is in seconds since 1970, or None if the camera has no clock. ``middle`` is
    the middle 32 bits of the NTP timestamp, which receiver reports echo."""

    ssrc: int
    ntp: float | None
    middle: int
    rtp: int


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The sources that have left (RFC 3550 6.6)."""

    ssrcs: tuple[int, ...]


def parse_rtcp(packet: bytes) -> Iterator[SenderInfo | Goodbye]:
    """Yield the parts of a compound packet that matter to a receiver, and skip others. Raises ``Malformed`` where a
    broken part begins, after yielding those before it."""
    position = 0
    while position < len(packet):
        if position + 4 > len(packet):
            raise Malformed("RTCP header is cut off")
        flags, kind, words = struct.unpack_from("!BBH", packet, position)
        stop = position + 4 + 4 * words
        if flags >> 6 != 2:
            raise Malformed("RTCP version is not 2")
        if kind == SENDER_REPORT:
            # Some cameras leave out its counts, or say that its length is zero.
            if position + 4 + _SENDER_INFO > len(packet):
                raise Malformed("RTCP sender report is cut off")
            yield _sender_info(packet[position + 4 :])
        if stop > len(packet) or (kind == SENDER_REPORT and words < _SENDER_INFO // 4):
            raise Malformed("RTCP packet is cut off")
        if kind == BYE:
            body = packet[position + 4 : stop]
            count = flags & 0x1F
            if len(body) < 4 * count:
                raise Malformed("RTCP BYE is cut off")
            yield Goodbye(struct.unpack_from(f"!{count}I", body))
        position = stop


def _sender_info(body: bytes) -> SenderInfo:
    ssrc, seconds, fraction, rtp = struct.unpack_from("!IIII", body)
    middle = (seconds & 0xFFFF) << 16 | fraction >> 16
    if not seconds:
        return SenderInfo(ssrc, None, middle, rtp)
    # The era that begins in 2036 has the highest bit clear (RFC 4330 section 3).
    era = 0 if seconds & 0x80000000 else ERA
    return SenderInfo(ssrc, seconds + era - NTP_EPOCH + fraction / ERA, middle, rtp)


class Receiver:
    """Writes the gateway's receiver reports on one source (RFC 3550 6.4.2), each with the CNAME that a compound
    needs."""

    def __init__(self, ssrc: int) -> None:
        self._ssrc = ssrc
        self._expected = 0
        self._lost = 0
        self._last: tuple[int, float] | None = None

    def heard(self, report: SenderInfo, arrival: float) -> None:
        """Remember the newest sender report, so that the camera can measure the round trip."""
        self._last = (report.middle, arrival)

    def report(self, ssrc: int, numbering: Numbering, now: float) -> bytes:
        """Return a compound packet about the source ``ssrc``."""
        expected = numbering.received + numbering.lost
        interval, lost = expected - self._expected, numbering.lost - self._lost
        self._expected, self._lost = expected, numbering.lost
        fraction = min(255, lost * 256 // interval) if interval > 0 else 0
        middle, delay = 0, 0
        if self._last is not None:
            middle, delay = self._last[0], min(0xFFFFFFFF, int((now - self._last[1]) * 65536))
        block = struct.pack(
            "!IIIIII",
            ssrc,
            fraction << 24 | min(numbering.lost, 0x7FFFFF),
            numbering.highest & 0xFFFFFFFF,
            min(int(numbering.jitter), 0xFFFFFFFF),
            middle,
            delay,
        )
        name = f"{self._ssrc:08x}".encode()
        item = bytes((1, len(name))) + name
        item += bytes(4 - len(item) % 4)
        return (
            struct.pack("!BBHI", 0x81, RECEIVER_REPORT, 7, self._ssrc)
            + block
            + struct.pack("!BBHI", 0x81, SOURCE_DESCRIPTION, 1 + len(item) // 4, self._ssrc)
            + item
        )
