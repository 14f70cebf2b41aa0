"""Datagrams over TCP: a 16-bit length before each (RFC 4571 2), as ICE-TCP carries them (RFC 6544 3). Pure."""

LARGEST_FRAME = 2048
"""Bytes of the largest datagram that a viewer has reason to send, as on UDP."""


class Deframer:
    """Takes a TCP stream apart. Holds at most one frame that is not yet complete."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def kept(self) -> int:
        """Return how many bytes are kept of a frame that is not whole yet."""
        return len(self._rest)

    def feed(self, data: bytes) -> tuple[list[bytes], bool]:
        """The datagrams that are complete now, and whether the stream is still sound: after a length that no viewer has
        reason to announce it is not, and nothing more of it can be read."""
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
    """One datagram with its length before it."""
    return len(datagram).to_bytes(2, "big") + datagram


def frames(packets: bytes, size: int) -> bytes:
    """Packets of ``size`` bytes that stand one right after another, the last one perhaps shorter, each with its length
    before it."""
    return b"".join(frame(packets[at : at + size]) for at in range(0, len(packets), size))
