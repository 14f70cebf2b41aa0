"""A local append-only JSONL file for records that the database did not take. Blocking: called from a thread."""

import json
import logging
import os
from pathlib import Path

from gateway.audit.record import AuditRecord, from_dict

logger = logging.getLogger(__name__)


class Spool:
    """One record a line, each on disk before ``append`` returns. ``path`` exists only while something waits in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, records: list[AuditRecord]) -> None:
        """Write at the end and fsync. Raises OSError. A line torn by a crash is closed off, not written on to."""
        lines = "".join(json.dumps(record.as_dict()) + "\n" for record in records).encode()
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                if file.read(1) != b"\n":
                    lines = b"\n" + lines
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        self._sync_directory()

    def read(self) -> list[AuditRecord]:
        """All whole records, in the order of their writing. Raises OSError."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        records = []
        for number, line in enumerate(content.split(b"\n"), start=1):
            try:
                if line:
                    records.append(from_dict(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                logger.exception("%s:%d: not a whole record, skipped", self.path, number)
        return records

    def clear(self) -> None:
        """Forget what the database has taken. Raises OSError."""
        self.path.unlink(missing_ok=True)
        self._sync_directory()

    def _sync_directory(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
