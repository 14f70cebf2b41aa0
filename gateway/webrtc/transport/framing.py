"""Frames datagrams on TCP with a 16-bit length each (RFC 4571 2), as ICE-TCP does (RFC 6544 3). Pure."""

LARGEST_FRAME = 2048
"""Size in bytes of the largest datagram that a viewer has reason to send, the same as over UDP."""


class Deframer:
    """Splits a TCP stream into datagrams. It keeps at most one incomplete frame."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def kept(self) -> int:
        """Return how many bytes of an incomplete frame are kept."""
        return len(self._rest)

    def feed(self, data: bytes) -> tuple[list[bytes], bool]:
        """Return the complete datagrams, and True if the stream is still valid.

        A length that no viewer has reason to send makes the stream invalid. Nothing more of it can be read.
        """
        data = self._rest + data if self._rest else data
        found: list[bytes] = []
        at = 0
        while at + 2 <= len(data):
            size = int.from_bytes(data[at : at + 2], "big")
            if not 0 < size <= LARGEST_FRAME:
                self._rest = b""
                return found, False
            if at + 2 + size > len(data):
                break
            found.append(data[at + 2 : at + 2 + size])
            at += 2 + size
        self._rest = data[at:]
        return found, True


def frame(datagram: bytes) -> bytes:
    """Return a datagram preceded by its length."""
    return len(datagram).to_bytes(2, "big") + datagram


def frames(packets: bytes, size: int) -> bytes:
    """Return packets with their lengths before them. The input ``packets`` follow each other without gaps, each of
    ``size`` bytes, except that the last may be shorter."""
    return b"".join(frame(packets[at : at + size]) for at in range(0, len(packets), size))
