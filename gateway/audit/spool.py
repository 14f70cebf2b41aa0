"""A local file for records that the database did not take. Blocking: called from a thread.

The file has its full size from the start and is overwritten in place, so that a full disk still takes records. It
holds one JSON record a line, up to the first zero byte. What stands behind that byte is from earlier and counts for
nothing. If a crash brings a line of it back, the database knows the record already and takes it no second time.
"""

import errno
import fcntl
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gateway.audit.record import AuditRecord, from_dict
from gateway.storage.files import allocate, sync_directory

logger = logging.getLogger(__name__)

SIZE = 8 * 1024 * 1024
"""Bytes: some 16,000 records."""
_CHUNK = 64 * 1024


class Spool:
    """Each record is on disk before ``append`` returns. Two processes may append to one file."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self.path = path
        self.size = size
        self._end = 0

    def prepare(self) -> None:
        """Give the file its full size. Raises OSError."""
        allocate(self.path, self.size)

    def append(self, records: Sequence[AuditRecord], limit: int | None = None) -> None:
        """Write at the end and sync. Raises OSError: ENOSPC where ``limit`` bytes (by default ``size``) are used up.

        A line torn by a crash is closed off, not written on to.
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
        """Return at most ``most`` whole records from ``offset`` on, and the offset behind them. Raises OSError."""
        records: list[AuditRecord] = []
        try:
            with self._open(os.O_RDONLY) as file:
                end = self._find_end(file)
                while offset < end and len(records) < most:
                    chunk = os.pread(file, min(_CHUNK, end - offset), offset)
                    lines = chunk.split(b"\n")
                    if len(lines) > 1 and offset + len(chunk) < end:
                        lines.pop()  # goes on in the next chunk
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
        """Return True if nothing waits in the file. Raises OSError."""
        try:
            with self._open(os.O_RDONLY) as file:
                return os.pread(file, 1, 0) in (b"", b"\0")
        except FileNotFoundError:
            return True

    def clear(self, read_up_to: int) -> bool:
        """Forget everything, unless more was appended since the records up to that offset were read. Raises OSError."""
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
        """The place of the first zero byte, or the end of the file. Only another process moves it unseen."""
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
