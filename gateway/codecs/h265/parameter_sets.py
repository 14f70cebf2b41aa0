"""Reads what an H.265 sequence parameter set says about the pictures (ITU-T H.265 7.3.2.2.1, 7.3.3). Pure."""

from gateway.codecs.nal.bits import Bits
from gateway.codecs.sequence_parameters import SequenceParameters
from gateway.errors import Malformed

VPS, SPS, PPS = 32, 33, 34
_MAX_BYTES = 1024
_MAX_SIDE = 16384


def parse_sps_h265(nal: bytes) -> SequenceParameters:
    """Parse a sequence parameter set NAL unit (type 33, without start code). Raises ``Malformed``."""
    if len(nal) < 5 or nal[0] >> 1 & 0x3F != SPS:
        raise Malformed("not an SPS")
    bits = Bits(nal[2:_MAX_BYTES])
    profile, level, sub_layers = _to_the_id(bits)
    bits.unsigned()
    chroma_format = bits.unsigned()
    if chroma_format > 3:
        raise Malformed("SPS has an unknown chroma format")
    separate_planes = bits.read(1) if chroma_format == 3 else 0
    width, height = bits.unsigned(), bits.unsigned()
    if bits.read(1):
        horizontal = 2 if chroma_format in (1, 2) and not separate_planes else 1
        vertical = 2 if chroma_format == 1 and not separate_planes else 1
        width -= horizontal * (bits.unsigned() + bits.unsigned())
        height -= vertical * (bits.unsigned() + bits.unsigned())
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise Malformed("SPS has impossible dimensions")
    for _ in range(3):
        bits.unsigned()
    reorder = 0
    for _ in range(sub_layers if bits.read(1) else 1):
        bits.unsigned()
        reorder = bits.unsigned()
        bits.unsigned()
    return SequenceParameters(profile, level, width, height, reorder > 0)


def parameter_set_id_h265(nal: bytes) -> int:
    """Return the id of a video, sequence or picture parameter set NAL unit (types 32 to 34). Raises ``Malformed``."""
    bits = Bits(nal[2:_MAX_BYTES])
    match nal[0] >> 1 & 0x3F:
        case 32:
            return bits.read(4)
        case 33:
            _to_the_id(bits)
    return bits.unsigned()


def _to_the_id(bits: Bits) -> tuple[int, int, int]:
    """Read an SPS up to its id: profile, level and number of temporal sub-layers (7.3.3)."""
    bits.read(4)
    sub_layers = bits.read(3) + 1
    bits.read(1)
    bits.read(3)
    profile = bits.read(5)
    bits.read(80)
    level = bits.read(8)
    present = [(bits.read(1), bits.read(1)) for _ in range(sub_layers - 1)]
    if present:
        bits.read(2 * (8 - len(present)))
    for has_profile, has_level in present:
        bits.read(88 * has_profile + 8 * has_level)
    return profile, level, sub_layers
