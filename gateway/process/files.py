"""Divides the files that this process may have open, including sockets, among their uses."""

import contextlib
import logging
import resource

logger = logging.getLogger(__name__)

HOUSE = 96
"""Files for the database, the log, the media port, the links to workers and the libraries."""

PER_CAMERA = 8
"""Files for the two streams of a camera (each a TCP connection, or two pairs of UDP sockets during a retry) and for a
transcoder's pipes."""

MOST_HTTP = 4000
"""Upper limit for HTTP connections. Each uses about 60 KiB, and no district needs more of them."""

FEWEST_HTTP = 64

MOST_MEDIA = 4096
"""Upper limit for TCP connections to the media port, from viewers and strangers. Nobody has this many viewers."""


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard limit. Return the limit that now holds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # macOS does not accept "unlimited"
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    now = limit()
    if now != soft:
        logger.info("raised the limit of open files from %d to %d", soft, now)
    return now


def limit() -> int:
    """Return how many files this process may have open now."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def media_connections(limit: int) -> int:
    """Return how many TCP connections of viewers fit into a limit of open files.

    That is a quarter: pages need as many, and connections to cameras need more on top of that.
    """
    return min(MOST_MEDIA, limit // 4)


def http_connections(limit: int, cameras: int) -> int:
    """Return how many HTTP connections fit into a limit of open files, beside ``cameras`` and everything else.

    What remains after the fixed uses is divided equally between pages and viewers over TCP.
    """
    left = (limit - HOUSE - PER_CAMERA * cameras) // 2
    if left < FEWEST_HTTP:
        logger.warning("a limit of %d open files is too low for %d cameras: raise it (ulimit -n)", limit, cameras)
    return min(MOST_HTTP, max(FEWEST_HTTP, left))
