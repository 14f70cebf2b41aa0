"""H.265 from RTP (RFC 7798, without DONL): packets in, whole access units out. Pure.

A keyframe is an access unit with an IRAP slice (BLA, IDR, CRA). Pictures that are shown before a CRA and refer to what
preceded it (RASL) are passed on only where that was passed on, too.
"""

from gateway.errors import Malformed
from gateway.sources.depacketizer import NalDepacketizer
from gateway.sources.markers import Markers
from gateway.sources.sps import SequenceParameters
from gateway.sources.sps_h265 import PPS, SPS, VPS, parameter_set_id_h265, parse_sps_h265

RASL = frozenset({8, 9})
IRAP = frozenset(range(16, 24))
FIRST_OTHER = 32
DELIMITER, PREFIX_SEI = 35, 39
AP, FU = 48, 49


class H265Depacketizer(NalDepacketizer):
    """Builds the access units of one RTP source."""

    codec = "H265"
    picture_kinds = frozenset(range(FIRST_OTHER))
    keyframe_kinds = IRAP
    set_kinds = (VPS, SPS, PPS)
    sps_kind = SPS
    delimiter_kind = DELIMITER
    fragment_header = 3
    leading_kinds = frozenset({VPS, SPS, PPS, DELIMITER, PREFIX_SEI, 41, 42, 43, 44})
    first_foreign_kind = AP

    def __init__(self, parameter_sets: tuple[bytes, ...] = (), markers: Markers | None = None) -> None:
        self._began_here = False
        super().__init__(parameter_sets, markers)

    def _kind(self, nal: bytes) -> int:
        return nal[0] >> 1 & 0x3F

    def _opens(self, nal: bytes) -> bool:
        """``first_slice_segment_in_pic_flag`` is the first bit; enhancement layers belong to the picture below them."""
        return nal[2:3] >= b"\x80" and not nal[0] & 1 and nal[1] < 8

    def _set_id(self, nal: bytes) -> int:
        return parameter_set_id_h265(nal)

    def _parse_sps(self, nal: bytes) -> SequenceParameters:
        return parse_sps_h265(nal)

    def _undecodable(self, kinds: set[int], awaited: bool) -> bool:
        if kinds & IRAP:
            self._began_here = awaited
        return super()._undecodable(kinds, awaited) or (self._began_here and bool(kinds & RASL))

    def _unpack(self, payload: bytes) -> None:
        if len(payload) < 3:
            raise Malformed("H.265 payload of less than 3 bytes")
        kind = payload[0] >> 1 & 0x3F
        if kind == FU:
            self._fragment(payload)
        elif kind == AP:
            self._aggregated(payload, 2)
        else:
            self._add(payload)

    def _header(self, payload: bytes) -> bytes:
        return bytes((payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]))

    def _add(self, nal: bytes) -> None:
        if len(nal) < 2:
            raise Malformed("NAL unit without its header")
        super()._add(nal)

    def _begins_picture(self, payload: bytes) -> bool:
        """ITU-T H.265 7.4.2.4.4; ``first_slice_segment_in_pic_flag`` is the first bit of a slice."""
        if len(payload) < 4:
            return False
        kind = payload[0] >> 1 & 0x3F
        if kind == AP:
            return len(payload) > 4 and payload[4] >> 1 & 0x3F != AP and self._begins_picture(payload[4:])
        if kind == FU:
            return bool(payload[2] & 0x80) and payload[2] & 0x3F < FIRST_OTHER and bool(payload[3] & 0x80)
        return kind in (VPS, SPS, DELIMITER, PREFIX_SEI) or (kind < FIRST_OTHER and bool(payload[2] & 0x80))
