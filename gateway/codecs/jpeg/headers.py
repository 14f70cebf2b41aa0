"""The headers that RTP leaves out of a JPEG (RFC 2435 appendices A and B; ITU-T T.81 annexes B and K). Pure."""

from functools import lru_cache
from struct import pack

from gateway.errors import Malformed

# Typical quantisation tables, those of Q 50, in zigzag order (T.81 K.1).
_LUMINANCE = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
_CHROMINANCE = bytes((17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66)) + bytes((99,)) * 50

# Typical Huffman tables (T.81 K.3): how many codes have 1 to 16 bits, then the values that they represent.
_DC = bytes(range(12))
_DC_LUMINANCE = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)) + _DC
_DC_CHROMINANCE = bytes((0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0)) + _DC
_AC_LUMINANCE = bytes((0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125)) + bytes.fromhex(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a343536373839"
    "3a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7"
    "a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
_AC_CHROMINANCE = bytes((0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119)) + bytes.fromhex(
    "0001020311040521310612415107617113223281081442"
    "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a6364656667"
    "68696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9ca"
    "d2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)
_SAMPLING = (0x21, 0x22)  # of luminance: in type 0 chroma has half the width, in type 1 also half the height (4.1)


def tables_of_quality(quality: int) -> bytes:
    """Return the luminance and chrominance tables, 64 bytes each, for a Q from 1 to 99 (4.2). Raises ``Malformed``."""
    if not 1 <= quality <= 99:
        raise Malformed("undefined JPEG quality")
    return _scaled(quality)


@lru_cache(maxsize=99)
def _scaled(quality: int) -> bytes:
    factor = 5000 // quality if quality < 50 else 200 - 2 * quality
    return bytes(min(255, max(1, (value * factor + 50) // 100)) for value in _LUMINANCE + _CHROMINANCE)


@lru_cache(maxsize=64)
def headers(kind: int, width: int, height: int, tables: bytes, restart_interval: int) -> bytes:
    """Return everything in a picture before its entropy-coded data. ``kind`` 0 is 4:2:2, 1 is 4:2:0; sizes are in
    pixels."""
    huffman = ((0x00, _DC_LUMINANCE), (0x10, _AC_LUMINANCE), (0x01, _DC_CHROMINANCE), (0x11, _AC_CHROMINANCE))
    frame = pack("!BHHB", 8, height, width, 3) + bytes((1, _SAMPLING[kind], 0, 2, 0x11, 1, 3, 0x11, 1))
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, b"\x00" + tables[:64] + b"\x01" + tables[64:]),
            _segment(0xDD, pack("!H", restart_interval)) if restart_interval else b"",
            _segment(0xC0, frame),
            _segment(0xC4, b"".join(bytes((place,)) + table for place, table in huffman)),
            _segment(0xDA, bytes((3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0))),
        )
    )


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + pack("!H", len(content) + 2) + content
