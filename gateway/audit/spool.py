"""Keeps records in a local file while the database does not accept them. It blocks, so call it from a thread.

The file has its full size from the start and is overwritten in place, so that records can be written even on a full
disk. It holds one JSON record per line, up to the first zero byte. Anything after that byte is old and is ignored. If a
crash brings an old line back, the database already has that record and does not enter it twice.
"""

import errno
import fcntl
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gateway.audit.audit_event import AuditRecord, from_dict
from gateway.storage.files import allocate, sync_directory

logger = logging.getLogger(__name__)

SIZE = 8 * 1024 * 1024
"""The file's size in bytes, enough for about 16,000 records."""
_CHUNK = 64 * 1024


class Spool:
    """Appends records to one file, each of them on disk before ``append`` returns. Two processes may share the file."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self.path = path
        self.size = size
        self._end = 0

    def prepare(self) -> None:
        """Give the file its full size. Raises OSError."""
        allocate(self.path, self.size)

    def append(self, records: Sequence[AuditRecord], limit: int | None = None) -> None:
        """Write records at the end, and sync. If a crash has cut off the last line, start a new line first.

        Raises OSError, with ENOSPC if ``limit`` bytes (by default ``size``) are used up.
        """
        lines = "".join(json.dumps(record.as_dict()) + "\n" for record in records).encode()
        created = not self.path.exists()
        with self._open(os.O_RDWR | os.O_CREAT) as file:
            end = self._find_end(file)
            if end and os.pread(file, 1, end - 1) != b"\n":
                lines = b"\n" + lines
            if end + len(lines) + 1 > (self.size if limit is None else limit):
                raise OSError(errno.ENOSPC, "the spool of records is full", str(self.path))
            _write(file, lines + b"\0", end)
            self._end = end + len(lines)
        if created:
            sync_directory(self.path.parent)

    def read(self, offset: int = 0, most: int = 1_000_000) -> tuple[list[AuditRecord], int]:
        """Return up to ``most`` whole records from ``offset`` on, and the offset after them. Raises OSError."""
        records: list[AuditRecord] = []
        try:
            with self._open(os.O_RDONLY) as file:
                end = self._find_end(file)
                while offset < end and len(records) < most:
                    chunk = os.pread(file, min(_CHUNK, end - offset), offset)
                    lines = chunk.split(b"\n")
                    if len(lines) > 1 and offset + len(chunk) < end:
                        lines.pop()  # The line continues in the next chunk.
                    for line in lines:
                        records += self._parse(line, offset)
                        offset = min(offset + len(line) + 1, end)
                        if len(records) == most:
                            break
        except FileNotFoundError:
            pass
        return records, offset

    @property
    def empty(self) -> bool:
        """True if the file contains no records. Raises OSError."""
        try:
            with self._open(os.O_RDONLY) as file:
                return os.pread(file, 1, 0) in (b"", b"\0")
        except FileNotFoundError:
            return True

    def clear(self, read_up_to: int) -> bool:
        """Delete all records, and return True. If any were appended after the offset ``read_up_to``, return False.

        Raises OSError.
        """
        try:
            with self._open(os.O_RDWR) as file:
                if self._find_end(file) > read_up_to:
                    return False
                _write(file, b"\0", 0)
                self._end = 0
        except FileNotFoundError:
            pass
        return True

    def _parse(self, line: bytes, offset: int) -> Iterator[AuditRecord]:
        try:
            if line:
                yield from_dict(json.loads(line))
        except (ValueError, KeyError, TypeError):
            logger.exception("%s: byte %d: not a whole record, skipped", self.path, offset)

    def _find_end(self, file: int) -> int:
        """Return the offset of the first zero byte, or of the end of the file.

        The search starts from the last known end, as another process may have appended since.
        """
        while chunk := os.pread(file, _CHUNK, self._end):
            zero = chunk.find(b"\0")
            self._end += len(chunk) if zero < 0 else zero
            if zero >= 0:
                break
        return self._end

    @contextmanager
    def _open(self, flags: int) -> Iterator[int]:
        file = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def _write(file: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(file, data, offset)
        data, offset = data[written:], offset + written
    os.fdatasync(file)
