"""Computes delays between attempts: exponential growth with full jitter. Pure."""

from collections.abc import Callable, Iterator


def backoff(uniform: Callable[[float, float], float], first: float = 0.5, longest: float = 5.0) -> Iterator[float]:
    """Yield delays in seconds, each drawn by ``uniform(low, high)`` below a limit that doubles from ``first`` to
    ``longest``.

    A camera that works again must be shown within seconds, hence the short ``longest``. The jitter keeps a school's
    cameras from all being tried at the same instant after a power cut. Start a new iterator once a stream has been
    stable for a while.
    """
    limit = first
    while True:
        yield uniform(0.1 * limit, limit)
        limit = min(longest, limit * 2)
