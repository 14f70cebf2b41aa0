"""Short streams of H.264 and H.265 in RTP payloads, and the NAL units that are odd in them."""

from collections.abc import Callable, Sequence

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.h264.packetizer import packetize
from gateway.codecs.h264.syntax import H264Depacketizer
from gateway.codecs.h265.packetizer import packetize_h265
from gateway.codecs.h265.syntax import H265Depacketizer
from gateway.codecs.nal.depacketizer import NalDepacketizer
from gateway.codecs.nal.fragments import START_CODE
from gateway.rtp.packet import RtpPacket

PICTURES = 6
Payload = tuple[int, bytes, bool]
"""Timestamp, payload, marker."""


class Codec:
    """Pictures of one codec with their packets, and the NAL units that are odd in it."""

    def __init__(
        self,
        depacketizer: Callable[[tuple[bytes, ...]], NalDepacketizer],
        packets: Callable[[Sequence[bytes], int], Sequence[bytes]],
        sets: tuple[bytes, ...],
        key: bytes,
        following: bytes,
        odd: dict[str, bytes],
        delimiter: bytes,
        message: bytes,
    ) -> None:
        self.depacketizer, self.packets, self.sets, self.odd = depacketizer, packets, sets, odd
        self.delimiter, self.message = delimiter, message
        self.syntax = depacketizer(()).syntax
        self.pictures = [(*sets, key) if at % 3 == 0 else (following + bytes((at,)),) for at in range(PICTURES)]

    def stream(self, limit: int = 30) -> list[Payload]:
        found = []
        for at, nals in enumerate(self.pictures):
            payloads = self.packets(nals, limit)
            found += [(at * 3000, payload, payload is payloads[-1]) for payload in payloads]
        return found

    def aggregate(self, nals: Sequence[bytes]) -> bytes:
        """Return an aggregation packet."""
        return self._header(self.syntax.aggregate_kind) + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)

    def fragment(self, nal: bytes, flags: int) -> bytes:
        """Return a whole NAL unit as one fragment."""
        header = self._header(self.syntax.fragment_kind, nal)
        return header + bytes((flags | self.syntax.kind(nal),)) + nal[self.syntax.header :]

    def _header(self, kind: int, nal: bytes = b"\x60\1") -> bytes:
        if self.syntax.header == 1:
            return bytes((nal[0] & 0xE0 | kind,))
        return bytes((kind << 1, nal[1]))

    def play(self, stream: Sequence[Payload], sets: bool = True) -> list[AccessUnit]:
        depacketizer, units = self.depacketizer(self.sets if sets else ()), list[AccessUnit]()
        for sequence, (timestamp, payload, marker) in enumerate(stream):
            units += depacketizer.push(RtpPacket(96, marker, sequence, timestamp, 7, payload), 0, float(sequence))
        return units + list(depacketizer.push(RtpPacket(96, False, 0, 1 << 30, 7, b""), 0, 0.0))

    def shown(self, stream: Sequence[Payload], sets: bool = True) -> list[tuple[bytes, ...]]:
        return [unit.nals for unit in self.play(stream, sets)]


def codecs() -> dict[str, Codec]:
    sps, pps = bytes.fromhex("6742c01eda0280bfe5"), bytes.fromhex("68ce3c80")
    sets = tuple(
        map(
            bytes.fromhex,
            (
                "40010c01ffff01600000030090000003000003003c959809",
                "42010101600000030090000003000003003ca00a080b9f796566924cae68080000030008000003005040",
                "4401c172b46240",
            ),
        )
    )
    odd = {
        "no payload": b"",
        "end of sequence": b"\x0a",
        "end of stream": b"\x0b",
        "type 0": b"\0\1\2",
        "type 30": b"\x1e\1\2\3",
        "type 31, of the maker's own": b"\x1f\1\2\3",
        "type 25, of the maker's own": b"\x79\1\2\3\4\5",
        "type 26, of the maker's own": b"\x7a\1\2\3\4\5",
        "type 27, of the maker's own": b"\x7b\1\2\3\4\5",
        "type 29, of the maker's own": b"\x7d\1\2\3\4\5",
        "a slice of nothing but its header": b"\x41",
        "a parameter set cut off": b"\x67\x42",
        "an aggregation packet with nothing in it": b"\x78\0\0\0",
        "a start code alone": START_CODE,
    }
    odd_265 = {
        "no payload": b"",
        "end of sequence": b"\x48\x01",
        "end of bitstream": b"\x4a\x01",
        "type 63, of the maker's own": b"\x7e\x01\2\3",
        "type 51": b"\x66\x01\2\3",
        "a slice of nothing but its header": b"\x02\x01",
        "a parameter set cut off": b"\x42\x01\x01",
        "an aggregation packet with nothing in it": b"\x60\x01\0\0\0",
        "a start code alone": START_CODE,
    }
    return {
        "H264": Codec(
            H264Depacketizer,
            packetize,
            (sps, pps),
            b"\x65\x88" + b"key" * 30,
            b"\x41\x9a" + b"next" * 30,
            odd,
            b"\x09\x10",
            b"\x06\x05\x02ab\x80",
        ),
        "H265": Codec(
            H265Depacketizer,
            packetize_h265,
            sets,
            b"\x26\x01\xaf" + b"key" * 30,
            b"\x02\x01\xd0" + b"next" * 30,
            odd_265,
            b"\x46\x01\x10",
            b"\x4e\x01\x05\x02ab\x80",
        ),
    }


CODECS = codecs()


class Feed:
    """Feeds payloads without sequence numbers; the test states how many packets are missing."""

    def __init__(self, depacketizer: NalDepacketizer) -> None:
        self.depacketizer = depacketizer
        self.arrival = 0.0

    def push(self, payload: bytes, timestamp: int, *, marker: bool = False, missing: int = 0) -> tuple[AccessUnit, ...]:
        self.arrival += 1.0
        packet = RtpPacket(96, marker, 0, timestamp, 7, payload)
        return self.depacketizer.push(packet, missing, self.arrival)
