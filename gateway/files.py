"""How many files, sockets among them, this process may have open, and what they are for."""

import contextlib
import logging
import resource

logger = logging.getLogger(__name__)

HOUSE = 96
"""Files for the database, the log, the media port, the workers' links and whatever libraries open."""

PER_CAMERA = 8
"""Two streams, each a TCP connection or two pairs of UDP sockets while it is tried anew, and a transcoder's pipes."""

MOST_HTTP = 4000
"""Connections beyond this would cost more memory (some 60 KiB each) than any district has use for."""

FEWEST_HTTP = 64

MOST_MEDIA = 4096
"""TCP connections of viewers, and of strangers at the media port: more than anybody has viewers."""


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one and return what holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # macOS takes no unlimited one
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    now = limit()
    if now != soft:
        logger.info("the limit of open files was %d and is %d now", soft, now)
    return now


def limit() -> int:
    """Return how many files this process may have open now."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def media_connections(limit: int) -> int:
    """Return how many viewers' TCP connections fit into a limit of open files: a quarter, since pages need as many and
    pulls of cameras come on top."""
    return min(MOST_MEDIA, limit // 4)


def http_connections(limit: int, cameras: int) -> int:
    """Return how many HTTP connections fit into a limit of open files, beside ``cameras`` and all else.

    Of what the house leaves, viewers by TCP may use as much as pages.
    """
    left = (limit - HOUSE - PER_CAMERA * cameras) // 2
    if left < FEWEST_HTTP:
        logger.warning("%d open files are too few for %d cameras: raise the limit (ulimit -n)", limit, cameras)
    return min(MOST_HTTP, max(FEWEST_HTTP, left))
