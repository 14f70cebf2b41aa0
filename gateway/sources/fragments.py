"""A NAL unit that comes in pieces, a packet each (RFC 6184 5.8, RFC 7798 4.4.3). Pure."""

from collections.abc import Iterator

from gateway.errors import Malformed

MAX_NAL = 2 * 1024 * 1024


class Fragments:
    """The pieces of the NAL unit at hand. It is falsy where there is none."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._opening = b""

    def __bool__(self) -> bool:
        """Return True if a NAL unit has begun and not ended."""
        return bool(self._pieces)

    @property
    def continuation(self) -> bytes:
        """How a payload begins that carries on the NAL unit at hand; empty where there is none."""
        return self._opening if self._pieces else b""

    def begin(self, header: bytes, payload: bytes, at: int) -> None:
        """Take the first piece, which begins at ``at`` of its payload, behind its flags."""
        self._pieces = [header, payload[at:]]
        self._size = len(payload) - at
        self._opening = payload[: at - 1] + bytes((payload[at - 1] & 0x3F,))

    def go_on(self, pieces: list[bytes], size: int) -> None:
        """Take the next pieces, ``size`` bytes in all. Raises ``Malformed`` over the limit, and gives them up."""
        self._pieces += pieces
        self._size += size + len(pieces)  # one byte more for each, so that empty ones come to an end, too
        if self._size > MAX_NAL:
            self.clear()
            raise Malformed("NAL unit over the limit")

    def end(self) -> bytes:
        """Return the whole NAL unit."""
        nal = b"".join(self._pieces)
        self.clear()
        return nal

    def clear(self) -> None:
        """Give up what has come of it."""
        self._pieces = []


def aggregated(payload: bytes, at: int) -> Iterator[bytes]:
    """Give the NAL units of an aggregation packet from ``at`` on, each after its size in two bytes. Raises
    ``Malformed``."""
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        at += 2 + size
        if not size or at > len(payload):
            raise Malformed("aggregation packet is cut off")
        yield payload[at - size : at]
