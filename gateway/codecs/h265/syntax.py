"""Turns H.265 over RTP (RFC 7798, without DONL) into whole access units. Pure.

A keyframe is an access unit with an IRAP slice (BLA, IDR, CRA). RASL pictures are shown before a CRA and refer to what
preceded it. They are passed on only if the pictures before the CRA were passed on, too.
"""

from gateway.codecs.h265.parameter_sets import PPS, SPS, VPS, parameter_set_id_h265, parse_sps_h265
from gateway.codecs.nal.depacketizer import NalDepacketizer
from gateway.codecs.nal.recovery import NONE, recovery_point
from gateway.codecs.nal.syntax import NalSyntax
from gateway.codecs.sequence_parameters import SequenceParameters

RASL = frozenset({8, 9})
IRAP = frozenset(range(16, 24))
FIRST_OTHER = 32
DELIMITER, PREFIX_SEI = 35, 39
AP, FU, PACI = 48, 49, 50


class H265(NalSyntax):
    """ITU-T H.265 7.3.1, 7.4.2."""

    codec = "H265"
    header = 2
    picture_kinds = frozenset(range(FIRST_OTHER))
    keyframe_kinds = IRAP
    skipped_kinds = RASL
    set_kinds = (VPS, SPS, PPS)
    sps_kind = SPS
    delimiter_kind = DELIMITER
    leading_kinds = frozenset({VPS, SPS, PPS, DELIMITER, PREFIX_SEI, 41, 42, 43, 44})
    aggregate_kind, fragment_kind = AP, FU
    wrapping_kinds = frozenset({AP, FU, PACI})
    empty_kinds = frozenset(range(PACI + 1, 64))

    def kind(self, nal: bytes) -> int:
        """Return six bits of the first byte."""
        return nal[0] >> 1 & 0x3F

    def header_of_fragment(self, payload: bytes) -> bytes:
        """Take the layer and temporal id from the first two bytes, and the type from the third."""
        return bytes((payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]))

    def begins_picture(self, payload: bytes) -> bool:
        """Apply 7.4.2.4.4. ``first_slice_segment_in_pic_flag`` is the first bit of a slice."""
        if len(payload) < 4:
            return False
        kind = payload[0] >> 1 & 0x3F
        if kind == AP:
            return len(payload) > 4 and payload[4] >> 1 & 0x3F != AP and self.begins_picture(payload[4:])
        if kind == FU:
            return bool(payload[2] & 0x80) and self._begins(payload[2] & 0x3F, payload[3])
        return self._begins(kind, payload[2])

    def _begins(self, kind: int, first: int) -> bool:
        return kind in (VPS, SPS, DELIMITER, PREFIX_SEI) or (kind < FIRST_OTHER and bool(first & 0x80))

    def opens(self, nal: bytes) -> bool:
        """Check ``first_slice_segment_in_pic_flag``, the first bit. Enhancement layers belong to the picture below
        them."""
        return nal[0] < FIRST_OTHER << 1 and nal[2:3] >= b"\x80" and not nal[0] & 1 and nal[1] < 8

    def set_id(self, nal: bytes) -> int:
        """See ``parameter_sets``."""
        return parameter_set_id_h265(nal)

    def parse_sps(self, nal: bytes) -> SequenceParameters:
        """See ``parameter_sets``."""
        return parse_sps_h265(nal)

    def recovery_point(self, nal: bytes) -> int:
        """See ``recovery``."""
        return recovery_point(nal[2:], signed=True) if nal[0] >> 1 & 0x3F == PREFIX_SEI else NONE


class H265Depacketizer(NalDepacketizer):
    """Builds the access units of one RTP source."""

    syntax = H265()
