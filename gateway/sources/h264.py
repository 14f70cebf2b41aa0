"""H.264 from RTP (RFC 6184 5.4 to 5.8, modes 0 and 1): packets in, whole access units out. Pure.

A keyframe is an access unit with an IDR slice; a camera that only sends recovery points (gradual refresh) is noted,
for browsers cannot start on those.
"""

from gateway.errors import Malformed
from gateway.sources.depacketizer import NalDepacketizer
from gateway.sources.markers import Markers
from gateway.sources.sps import SequenceParameters, parameter_set_id, parse_sps
from gateway.sources.unused import Unused

SLICE, PARTITION_A, IDR, SEI, SPS, PPS, DELIMITER = 1, 2, 5, 6, 7, 8, 9
STAP_A, FU_A = 24, 28
RECOVERY_POINT = 6


class H264Depacketizer(NalDepacketizer):
    """Builds the access units of one RTP source."""

    codec = "H264"
    picture_kinds = frozenset({1, 2, 3, 4, 5})
    keyframe_kinds = frozenset({IDR})
    set_kinds = (SPS, PPS)
    sps_kind = SPS
    delimiter_kind = DELIMITER
    fragment_header = 2
    leading_kinds = frozenset({SEI, SPS, PPS, DELIMITER, 14, 15, 16, 17, 18})
    first_foreign_kind = STAP_A

    def __init__(self, parameter_sets: tuple[bytes, ...] = (), markers: Markers | None = None) -> None:
        self.recovery_points = False
        super().__init__(parameter_sets, markers)

    def _kind(self, nal: bytes) -> int:
        return nal[0] & 0x1F

    def _opens(self, nal: bytes) -> bool:
        """``first_mb_in_slice`` of 0 is a single bit."""
        return nal[0] & 0x1F in (SLICE, PARTITION_A, IDR) and nal[1:2] >= b"\x80"

    def _set_id(self, nal: bytes) -> int:
        return parameter_set_id(nal)

    def _parse_sps(self, nal: bytes) -> SequenceParameters:
        return parse_sps(nal)

    def _why_no_keyframe(self) -> list[str]:
        gradual = ["The camera refreshes its picture gradually: switch on full keyframes (IDR)."]
        return (gradual if self.recovery_points else []) + super()._why_no_keyframe()

    def _why_waiting(self) -> Unused:
        return Unused.GRADUAL if self.recovery_points else Unused.NO_KEYFRAME

    def _unpack(self, payload: bytes) -> None:
        if len(payload) < 2:
            raise Malformed("H.264 payload of less than 2 bytes")
        kind = payload[0] & 0x1F
        if kind == FU_A:
            self._fragment(payload)
        elif kind == STAP_A:
            self._aggregated(payload, 1)
        else:
            self._add(payload)

    def _header(self, payload: bytes) -> bytes:
        return bytes((payload[0] & 0xE0 | payload[1] & 0x1F,))

    def _add(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if not kind:
            raise Malformed("NAL unit of type 0")
        super()._add(nal)
        if kind == SEI and len(nal) > 1 and nal[1] == RECOVERY_POINT:
            self.recovery_points = True

    def _begins_picture(self, payload: bytes) -> bool:
        """ITU-T H.264 7.4.1.2.3; ``first_mb_in_slice`` of 0 is a single bit."""
        if len(payload) < 3:
            return False
        kind = payload[0] & 0x1F
        if kind == STAP_A:
            return len(payload) > 4 and payload[3] & 0x1F != STAP_A and self._begins_picture(payload[3:])
        if kind == FU_A:
            return bool(payload[1] & 0x80) and payload[1] & 0x1F in (SLICE, IDR) and bool(payload[2] & 0x80)
        return kind in (SEI, SPS, DELIMITER) or (kind in (SLICE, IDR) and bool(payload[1] & 0x80))
