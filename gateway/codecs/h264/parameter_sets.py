"""Reads what an H.264 sequence parameter set says about the pictures (ITU-T H.264 7.3.2.1.1, annex E). Pure."""

from gateway.codecs.nal.bits import Bits
from gateway.codecs.sequence_parameters import SequenceParameters
from gateway.errors import Malformed

_CHROMA_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_MAX_BYTES = 1024
_MAX_SIDE = 16384


def parse_sps(nal: bytes) -> SequenceParameters:
    """Parse a sequence parameter set NAL unit (type 7, without start code). Raises ``Malformed``."""
    if len(nal) < 5 or nal[0] & 0x1F != 7:
        raise Malformed("not an SPS")
    bits = Bits(nal[1:_MAX_BYTES])
    profile, constraints, level = bits.read(8), bits.read(8), bits.read(8)
    bits.unsigned()
    chroma_format, separate_planes = 1, 0
    if profile in _CHROMA_PROFILES:
        chroma_format = bits.unsigned()
        if chroma_format > 3:
            raise Malformed("SPS has an unknown chroma format")
        if chroma_format == 3:
            separate_planes = bits.read(1)
        bits.unsigned()
        bits.unsigned()
        bits.read(1)
        if bits.read(1):
            for index in range(8 if chroma_format != 3 else 12):
                if bits.read(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.unsigned()
    order_type = bits.unsigned()
    if order_type == 0:
        bits.unsigned()
    elif order_type == 1:
        bits.read(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.unsigned(), 256)):
            bits.signed()
    bits.unsigned()
    bits.read(1)
    width = 16 * (bits.unsigned() + 1)
    map_units = bits.unsigned() + 1
    frames_only = bits.read(1)
    height = 16 * map_units * (2 - frames_only)
    if not frames_only:
        bits.read(1)
    bits.read(1)
    if bits.read(1):
        horizontal = 2 if chroma_format in (1, 2) and not separate_planes else 1
        vertical = (2 if chroma_format == 1 and not separate_planes else 1) * (2 - frames_only)
        width -= horizontal * (bits.unsigned() + bits.unsigned())
        height -= vertical * (bits.unsigned() + bits.unsigned())
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise Malformed("SPS has impossible dimensions")
    may_reorder = _may_reorder(bits, profile, constraints, order_type)
    return SequenceParameters(profile, level, width, height, may_reorder, not frames_only)


def parameter_set_id(nal: bytes) -> int:
    """Return the id of a sequence or picture parameter set NAL unit (types 7 and 8). Raises ``Malformed``."""
    start = 4 if nal[0] & 0x1F == 7 else 1
    return Bits(nal[start : start + 4]).unsigned()


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _may_reorder(bits: Bits, profile: int, constraints: int, order_type: int) -> bool | None:
    """Return True if the stream announces B-frames. Baseline has none, and order type 2 forbids them (7.4.2.1.1)."""
    if profile == 66 or order_type == 2:
        return False
    try:
        reorder = _reorder_frames(bits) if bits.read(1) else None
    except Malformed:
        return None
    if reorder is None:
        # Intra-only profiles indicate this with constraint_set3 (E.2.1).
        return False if constraints & 0x10 and profile in (44, 86, 100, 110, 122, 244) else None
    return reorder > 0


def _reorder_frames(bits: Bits) -> int | None:
    """Return ``max_num_reorder_frames`` of the VUI (E.1.1), or None if it is absent."""
    if bits.read(1) and bits.read(8) == 255:
        bits.read(32)
    if bits.read(1):
        bits.read(1)
    if bits.read(1):
        bits.read(4)
        if bits.read(1):
            bits.read(24)
    if bits.read(1):
        bits.unsigned()
        bits.unsigned()
    if bits.read(1):
        bits.read(65)
    buffering = False
    for _ in range(2):
        if bits.read(1):
            _skip_hrd(bits)
            buffering = True
    if buffering:
        bits.read(1)
    bits.read(1)
    if not bits.read(1):
        return None
    bits.read(1)
    for _ in range(4):
        bits.unsigned()
    return bits.unsigned()


def _skip_hrd(bits: Bits) -> None:
    count = bits.unsigned() + 1
    bits.read(8)
    for _ in range(min(count, 32)):
        bits.unsigned()
        bits.unsigned()
        bits.read(1)
    bits.read(20)
