"""Builds RTP packets and NAL units for tests."""

import struct

from gateway.codecs.nal.markers import Markers

# 640x360, Constrained Baseline, no VUI.
SPS = bytes.fromhex("6742c01eda0280bfe5")
PPS = bytes.fromhex("68ce3c80")
IDR = b"\x65\x88" + b"key" * 10
NEXT = b"\x41\x9a" + b"inter" * 4


class RightMarkers(Markers):
    """Markers of a stream that have always been right."""

    def believed(self, keyframe: bool, size: int) -> bool:
        return not self.misplaced


def rtp(sequence: int, timestamp: int, payload: bytes, *, marker: bool = False, ssrc: int = 7, kind: int = 96) -> bytes:
    header = struct.pack("!BBHII", 0x80, kind | marker << 7, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return header + payload


def fragments(nal: bytes, size: int) -> list[bytes]:
    """Return the FU-A payloads of one NAL unit (RFC 6184 5.8)."""
    pieces = [nal[1:][start : start + size] for start in range(0, len(nal) - 1, size)]
    indicator, kind = nal[0] & 0xE0 | 28, nal[0] & 0x1F
    last = len(pieces) - 1
    return [
        bytes((indicator, (index == 0) << 7 | (index == last) << 6 | kind)) + piece
        for index, piece in enumerate(pieces)
    ]


def aggregated(*nals: bytes) -> bytes:
    """Return one STAP-A payload (RFC 6184 5.7.1)."""
    return b"\x78" + b"".join(struct.pack("!H", len(nal)) + nal for nal in nals)


def sender_report(ssrc: int, seconds: int, fraction: int, timestamp: int) -> bytes:
    return struct.pack("!BBHIIIIII", 0x80, 200, 6, ssrc, seconds, fraction, timestamp, 1, 1)
