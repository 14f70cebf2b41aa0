"""Files that have their full size from the start, so that they can be written when the disk is full. Blocking."""

import os
from pathlib import Path

_ZEROS = bytes(64 * 1024)


def allocate(path: Path, size: int) -> None:
    """Make the file, or fill it up with zeros to ``size`` bytes; what it holds is kept. Raises OSError.

    The zeros are written, not only reserved: to overwrite them in place needs no new block, on file systems that write
    in place (ext4, XFS; not Btrfs or ZFS).
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
    """Put the names of a directory's files on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
