"""Keeps one value in a small file that has its full size from the start, so that it can be written on a full disk.

The file has two halves, which are overwritten alternately. Each contains a header (magic, number, length, SHA-256) and
one JSON value. If a crash interrupts a write, that half's checksum does not match, and the other half has the
previous value. Every method blocks.
"""

import errno
import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

from gateway.storage.files import allocate

SIZE = 512 * 1024
"""The size of both halves together, in bytes: enough for several hundred incidents that cannot enter the database."""

_HEADER = struct.Struct("!8sQI32s")
_MAGIC = b"SLRSERV1"


class Reserve:
    """Saves and loads one JSON value. Only one process may use a file."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self.path = path
        self._half = size // 2
        self._number = 0

    def prepare(self) -> None:
        """Give the file its full size. Raises OSError."""
        allocate(self.path, 2 * self._half)

    def load(self) -> Any:
        """Return the value that was saved last, or None. Raises OSError."""
        found = {}
        try:
            with self.path.open("rb") as file:
                for half in (0, 1):
                    file.seek(half * self._half)
                    number, value = _read(file.read(self._half))
                    found[number] = value
        except FileNotFoundError:
            return None
        self._number = max(found)
        return found[self._number]

    def save(self, value: Any) -> None:
        """Write the value to disk in place of the last one. Raises OSError, with ENOSPC if it is too long."""
        body = json.dumps(value).encode()
        number = self._number + 1
        data = _HEADER.pack(_MAGIC, number, len(body), _digest(number, body)) + body
        if len(data) > self._half:
            raise OSError(errno.ENOSPC, "the changes do not fit into the reserve file", str(self.path))
        file = os.open(self.path, os.O_WRONLY)
        try:
            written, place = 0, number % 2 * self._half
            while written < len(data):
                written += os.pwrite(file, data[written:], place + written)
            os.fdatasync(file)
        finally:
            os.close(file)
        self._number = number


def _read(half: bytes) -> tuple[int, Any]:
    """Return the number and value of one half, or (0, None) if it is empty or its write was interrupted."""
    if len(half) < _HEADER.size:
        return 0, None
    magic, number, length, digest = _HEADER.unpack_from(half)
    body = half[_HEADER.size : _HEADER.size + length]
    if magic != _MAGIC or _digest(number, body) != digest:
        return 0, None
    return number, json.loads(body)


def _digest(number: int, body: bytes) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big") + body).digest()
