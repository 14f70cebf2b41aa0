"""Finds where a decoder can begin without an IDR: at recovery points, which cameras send if they refresh their picture
gradually or use open groups of pictures (ITU-T H.264 D.1.8, D.2.8; H.265 D.2.8, D.3.8). Pure."""

from collections.abc import Iterator

from gateway.codecs.nal.bits import Bits
from gateway.errors import Malformed

RECOVERY_POINT = 6
NONE = -1
"""The picture is not a recovery point."""
_MOST_MESSAGES = 32
_LONGEST = 4096
"""The number of bytes of an SEI NAL unit that are examined."""


def messages(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of each SEI message of a NAL unit. ``payload`` is the unit without its header."""
    at, payload = 0, payload[:_LONGEST].replace(b"\0\0\3", b"\0\0")
    for _ in range(_MOST_MESSAGES):
        kind, at = _number(payload, at)
        size, at = _number(payload, at)
        if at + size > len(payload) or at >= len(payload):
            return
        yield kind, payload[at : at + size]
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a type or a size, and where the next one begins. Every byte with the value 255 means that the number
    continues.
    """
    value = 0
    while data[at : at + 1] == b"\xff":
        value += 255
        at += 1
    return value + (data[at] if at < len(data) else 0), at + 1


def recovery_point(payload: bytes, *, signed: bool) -> int:
    """Return the number of pictures after which a decoder that begins here shows whole ones, according to the SEI NAL
    unit with this ``payload``, or ``NONE`` if it contains no recovery point. ``signed``: H.265 counts in picture order,
    also backwards.
    """
    for kind, content in messages(payload):
        if kind == RECOVERY_POINT:
            bits = Bits(content)
            try:
                return max(0, bits.signed() if signed else bits.unsigned())
            except Malformed:
                return NONE
    return NONE
