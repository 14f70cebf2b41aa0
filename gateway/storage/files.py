"""Gives files their full size from the start, so that they can be written on a full disk. Every function blocks."""

import os
from pathlib import Path

_ZEROS = bytes(64 * 1024)


def allocate(path: Path, size: int) -> None:
    """Create the file, or extend it with zeros to ``size`` bytes. Its content is kept. Raises OSError.

    The zeros are really written. Overwriting them then needs no new block on file systems that write in place (ext4 and
    XFS, but not Btrfs or ZFS).
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        end = os.lseek(file, 0, os.SEEK_END)
        while end < size:
            end += os.write(file, _ZEROS[: size - end])
        os.fsync(file)
    finally:
        os.close(file)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Write a directory's file names to disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
