"""Cuts a byte stream into frames: a length of four bytes, then that many bytes. Pure.

Every byte stream between our processes is cut this way, so the size of what a subprocess sends is bounded in one place.
"""

import struct
from collections.abc import Iterator

from gateway.errors import Malformed

LIMIT = 16 * 1024 * 1024
"""The largest body in bytes. The largest bodies are a coded picture and, at start, the settings of all cameras."""
READ_SIZE = 256 * 1024
"""The number of bytes to ask a stream for at once."""

_LENGTH = struct.Struct(">I")


def frame(body: bytes) -> bytes:
    """Return ``body`` as a frame. Raises ValueError if it is longer than ``LIMIT``, which is a bug of ours."""
    if len(body) > LIMIT:
        raise ValueError(f"{len(body)} bytes do not fit into a frame")
    return _LENGTH.pack(len(body)) + body


class Frames:
    """Receives pieces of a stream and returns complete bodies."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the bodies that ``data`` completes. Raises Malformed, after which the stream cannot be read any
        further."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > LIMIT:
                raise Malformed("the length of a frame is out of bounds")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield body
