"""Writes RTP and RTCP as a camera does. Pure. It deliberately shares no code, and so no bugs, with the relay's
packetizer."""

import struct
from collections.abc import Iterator, Sequence

PAYLOAD_LIMIT = 1400
PAYLOAD_TYPE = 96
_FU_A = 28
_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970


def payloads(nals: Sequence[bytes], limit: int = PAYLOAD_LIMIT) -> Iterator[bytes]:
    """Yield RTP payloads of at most ``limit`` bytes: small NAL units as they are, larger ones as FU-A (RFC 6184 5.6,
    5.8)."""
    for nal in nals:
        if len(nal) <= limit:
            yield nal
            continue
        indicator, kind, body = nal[0] & 0xE0 | _FU_A, nal[0] & 0x1F, nal[1:]
        step = limit - 2
        for at in range(0, len(body), step):
            start, end = at == 0, at + step >= len(body)
            yield bytes((indicator, start << 7 | end << 6 | kind)) + body[at : at + step]


class RtpSender:
    """Sends one RTP stream to one client, with its sequence numbers, its counters, and the random offset of its
    timestamps.

    ``ticks`` is always capture time in 1/90000 s since 1970. The timestamp sent is ``ticks + offset`` modulo 2^32.
    """

    def __init__(self, ssrc: int, first_sequence: int, offset: int) -> None:
        self.ssrc = ssrc
        self.next_sequence = first_sequence & 0xFFFF
        self._offset = offset
        self._packets = 0
        self._octets = 0

    def timestamp(self, ticks: int) -> int:
        """Return the RTP timestamp of a capture time."""
        return (ticks + self._offset) & 0xFFFFFFFF

    def packets(self, nals: Sequence[bytes], ticks: int) -> list[bytes]:
        """Pack one access unit. The last packet has the marker bit (RFC 6184 5.1)."""
        parts = list(payloads(nals))
        packets = []
        for number, payload in enumerate(parts, start=1):
            marker = PAYLOAD_TYPE | (0x80 if number == len(parts) else 0)
            header = struct.pack("!BBHII", 0x80, marker, self.next_sequence, self.timestamp(ticks), self.ssrc)
            packets.append(header + payload)
            self.next_sequence = (self.next_sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(payload)
        return packets

    def sender_report(self, wall: float, ticks: int) -> bytes:
        """Return an SR with its SDES (RFC 3550 6.4.1, 6.5).

        It says that the media clock read ``ticks`` when the camera's clock read ``wall``.
        """
        seconds = int(wall // 1)
        report = struct.pack(
            "!BBHIIIIII",
            0x80,
            200,
            6,
            self.ssrc,
            (seconds + _NTP_EPOCH) & 0xFFFFFFFF,
            int((wall - seconds) * (1 << 32)) & 0xFFFFFFFF,
            self.timestamp(ticks),
            self._packets & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )
        name = b"simulated@school"
        chunk = struct.pack("!IBB", self.ssrc, 1, len(name)) + name
        chunk += bytes(4 - len(chunk) % 4)
        return report + struct.pack("!BBH", 0x81, 202, len(chunk) // 4) + chunk
