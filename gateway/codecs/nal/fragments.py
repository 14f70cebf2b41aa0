"""A NAL unit that comes in pieces, a packet each (RFC 6184 5.8, RFC 7798 4.4.3). Pure."""

from collections.abc import Iterator

from gateway.errors import Malformed

MAX_NAL = 2 * 1024 * 1024


class Fragments:
    """The ``pieces`` of the NAL unit at hand, its header first; none where there is none. ``opening`` is how a payload
    begins that carries it on."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.opening = b""
        self._size = 0

    def begin(self, header: bytes, payload: bytes, at: int) -> None:
        """Take the first piece, which begins at ``at`` of its payload, behind its flags."""
        self.pieces = [header, payload[at:]]
        self._size = len(payload) - at
        self.opening = payload[: at - 1] + bytes((payload[at - 1] & 0x3F,))

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
    """Give the NAL units of an aggregation packet from ``at`` on, each after its size in two bytes. Raises
    ``Malformed``."""
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        at += 2 + size
        if not size or at > len(payload):
            raise Malformed("aggregation packet is cut off")
        yield payload[at - size : at]
