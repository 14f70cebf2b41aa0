"""NAL units as packets carry them: in pieces, several together, or with start codes between them. Pure."""

from collections.abc import Iterable, Iterator

from gateway.errors import Malformed

MAX_NAL = 2 * 1024 * 1024
START_CODE = b"\0\0\1"


class Fragments:
    """A NAL unit that comes in pieces, a packet each (RFC 6184 5.8, RFC 7798 4.4.3).

    The ``pieces`` of the NAL unit at hand, its header first; none where there is none. ``opening`` is how a payload
    begins that carries it on, ``closing`` how one does that ends it.
    """

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.opening = self.closing = b""
        self._size = 0

    def begin(self, header: bytes, payload: bytes, at: int) -> None:
        """Take the first piece, which begins at ``at`` of its payload, behind its flags."""
        self.pieces = [header, payload[at:]]
        self._size = len(payload) - at
        kind = payload[at - 1] & 0x3F
        self.opening = payload[: at - 1] + bytes((kind,))
        self.closing = payload[: at - 1] + bytes((kind | 0x40,))

    def go_on(self, pieces: list[bytes], size: int) -> None:
        """Take the next pieces, ``size`` bytes in all. Raises ``Malformed`` over the limit, and gives them up."""
        self.pieces += pieces
        self._size += size + len(pieces)  # one byte more for each, so that empty ones come to an end, too
        if self._size > MAX_NAL:
            self.clear()
            raise Malformed("NAL unit over the limit")

    def end(self) -> bytes:
        """Return the whole NAL unit."""
        nal = b"".join(self.pieces)
        self.clear()
        return nal

    def clear(self) -> None:
        """Give up what has come of it."""
        self.pieces = []


def aggregated(payload: bytes, at: int) -> Iterator[bytes]:
    """Give the NAL units of an aggregation packet from ``at`` on, each after its size in two bytes. Sizes of 0 are
    padding, as is a byte behind the last. Raises ``Malformed``."""
    while at + 2 <= len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        at += 2 + size
        if at > len(payload):
            raise Malformed("aggregation packet is cut off")
        if size:
            yield payload[at - size : at]


def separated(nal: bytes) -> Iterable[bytes]:
    """Give the NAL units of what should be one. Some cameras leave them in the byte stream format of their encoder,
    with start codes before and between them (ITU-T H.264 and H.265 Annex B); no NAL unit can hold a start code."""
    if START_CODE not in nal:
        return (nal,)
    return filter(None, (part.rstrip(b"\0") for part in nal.split(START_CODE)))


def without_start_code(payload: bytes) -> bytes:
    """Return a payload from its first NAL unit on. Neither codec has one that begins with two zero bytes."""
    return payload.lstrip(b"\0")[1:] if payload.startswith((START_CODE, b"\0" + START_CODE)) else payload
