"""Extracts NAL units from packets, which may hold a piece, several units, or units between start codes. Pure."""

from collections.abc import Iterable, Iterator

from gateway.errors import Malformed

MAX_NAL = 2 * 1024 * 1024
START_CODE = b"\0\0\1"


class Fragments:
    """Collects a NAL unit that arrives in pieces, one per packet (RFC 6184 5.8, RFC 7798 4.4.3).

    ``pieces`` are the pieces of the current NAL unit, its header first; it is empty if there is no unit. ``opening`` is
    the beginning of a payload that continues the unit, ``closing`` that of a payload that ends it.
    """

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.opening = self.closing = b""
        self._size = 0

    def begin(self, header: bytes, payload: bytes, at: int) -> None:
        """Process the first piece, which begins at ``at`` in its payload, after its flags."""
        self.pieces = [header, payload[at:]]
        self._size = len(payload) - at
        kind = payload[at - 1] & 0x3F
        self.opening = payload[: at - 1] + bytes((kind,))
        self.closing = payload[: at - 1] + bytes((kind | 0x40,))

    def go_on(self, pieces: list[bytes], size: int) -> None:
        """Process the next pieces, ``size`` bytes in all. If they exceed the limit, drops the unit and raises
        ``Malformed``."""
        self.pieces += pieces
        self._size += size + len(pieces)  # count one more byte for each, so that empty ones reach the limit, too
        if self._size > MAX_NAL:
            self.clear()
            raise Malformed("NAL unit over the limit")

    def end(self) -> bytes:
        """Return the whole NAL unit."""
        pieces, self.pieces = self.pieces, []
        return b"".join(pieces)

    def clear(self) -> None:
        """Drop the pieces collected so far."""
        self.pieces = []


def aggregated(payload: bytes, at: int) -> Iterator[bytes]:
    """Yield the NAL units of an aggregation packet from ``at`` on. Each follows its size in two bytes. Sizes of 0 are
    padding, and so is a single byte at the end. Raises ``Malformed``."""
    while at + 2 <= len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        at += 2 + size
        if at > len(payload):
            raise Malformed("aggregation packet is cut off")
        if size:
            yield payload[at - size : at]


def separated(nal: bytes) -> Iterable[bytes]:
    """Yield the NAL units in what should be one. Some cameras leave units in the byte stream format of their encoder,
    with start codes before and between them (ITU-T H.264 and H.265 Annex B). No NAL unit can contain a start code."""
    if START_CODE not in nal:
        return (nal,)
    return filter(None, (part.rstrip(b"\0") for part in nal.split(START_CODE)))


def without_start_code(payload: bytes) -> bytes:
    """Return a payload from its first NAL unit on. In both codecs, no NAL unit begins with two zero bytes."""
    return payload.lstrip(b"\0")[1:] if payload.startswith((START_CODE, b"\0" + START_CODE)) else payload
