"""How long to wait before the next try: exponential growth with full jitter. Pure."""

from collections.abc import Callable, Iterator


def backoff(uniform: Callable[[float, float], float], first: float = 0.5, longest: float = 5.0) -> Iterator[float]:
    """Delays in seconds, each drawn by ``uniform(low, high)`` below a limit that doubles from ``first`` to ``longest``.

    A camera that is back must show within seconds, hence the short ``longest``; the jitter keeps a school's cameras
    from all being tried in the same instant after a power cut. Begin a new one after a stretch that was stable.
    """
    limit = first
    while True:
        yield uniform(0.1 * limit, limit)
        limit = min(longest, limit * 2)
