"""Turns H.264 over RTP (RFC 6184 5.4 to 5.8, modes 0 and 1) into whole access units. Pure.

A keyframe is an access unit with an IDR slice. Browsers cannot begin with anything else. A transcode can also begin
with a recovery point, which is all that some cameras send (gradual refresh, open groups of pictures).
"""

from gateway.codecs.h264.parameter_sets import parameter_set_id, parse_sps
from gateway.codecs.nal.depacketizer import NalDepacketizer
from gateway.codecs.nal.recovery import NONE, recovery_point
from gateway.codecs.nal.syntax import NalSyntax
from gateway.codecs.sequence_parameters import SequenceParameters

SLICE, PARTITION_A, IDR, SEI, SPS, PPS, DELIMITER = 1, 2, 5, 6, 7, 8, 9
STAP_A, FU_A, FU_B = 24, 28, 29
_INTERLEAVED = {25: 0, 26: 3, 27: 4}
"""STAP-B and MTAP (RFC 6184 5.7), by the number of bytes between a unit's size and the unit."""


class H264(NalSyntax):
    """ITU-T H.264 7.3.1, 7.4.1."""

    codec = "H264"
    header = 1
    picture_kinds = frozenset({1, 2, 3, 4, 5})
    keyframe_kinds = frozenset({IDR})
    set_kinds = (SPS, PPS)
    sps_kind = SPS
    delimiter_kind = DELIMITER
    leading_kinds = frozenset({SEI, SPS, PPS, DELIMITER, 14, 15, 16, 17, 18})
    aggregate_kind, fragment_kind = STAP_A, FU_A
    wrapping_kinds = frozenset({STAP_A, FU_A, *_INTERLEAVED})
    empty_kinds = frozenset({0, FU_B, 30, 31})  # if FU-B is more than a name, the fragments after it show the loss

    def kind(self, nal: bytes) -> int:
        """Return the lower five bits of the header."""
        return nal[0] & 0x1F

    def packs(self, nal: bytes) -> bool:
        """Return True if the sizes of the units inside add up. Cameras have agreed not to interleave. If one of them
        uses these types for something of its own, the sizes do not add up."""
        between = _INTERLEAVED.get(nal[0] & 0x1F)
        if between is None:
            return True
        at = 3  # behind the decoding order number
        while at + 2 <= len(nal):
            at += 2 + between + int.from_bytes(nal[at : at + 2])
        return 3 < at == len(nal)

    def header_of_fragment(self, payload: bytes) -> bytes:
        """Take the importance from the first byte and the type from the second."""
        return bytes((payload[0] & 0xE0 | payload[1] & 0x1F,))

    def begins_picture(self, payload: bytes) -> bool:
        """Apply 7.4.1.2.3. A ``first_mb_in_slice`` of 0 is a single bit."""
        if len(payload) < 3:
            return False
        kind = payload[0] & 0x1F
        if kind == STAP_A:
            return len(payload) > 4 and payload[3] & 0x1F != STAP_A and self.begins_picture(payload[3:])
        if kind == FU_A:
            return bool(payload[1] & 0x80) and self._begins(payload[1] & 0x1F, payload[2])
        return self._begins(kind, payload[1])

    def _begins(self, kind: int, first: int) -> bool:
        return kind in (SEI, SPS, DELIMITER) or (kind in (SLICE, IDR) and bool(first & 0x80))

    def opens(self, nal: bytes) -> bool:
        """Check ``first_mb_in_slice``: 0 is a single bit."""
        return nal[0] & 0x1F in (SLICE, PARTITION_A, IDR) and nal[1:2] >= b"\x80"

    def set_id(self, nal: bytes) -> int:
        """See ``parameter_sets``."""
        return parameter_set_id(nal)

    def parse_sps(self, nal: bytes) -> SequenceParameters:
        """See ``parameter_sets``."""
        return parse_sps(nal)

    def recovery_point(self, nal: bytes) -> int:
        """See ``recovery``."""
        return recovery_point(nal[1:], signed=False) if nal[0] & 0x1F == SEI else NONE


class H264Depacketizer(NalDepacketizer):
    """Builds the access units of one RTP source."""

    syntax = H264()
