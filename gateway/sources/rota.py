"""Decides when each source is served while nothing else is due. Pure.

Serving sources together takes less processor time than serving each at its own time, because the others benefit from
what the first one has loaded into the processor's caches. But nothing else is sent meanwhile, so only a few are served
together.
"""

from collections.abc import Iterator

PERIOD = 0.5
"""Seconds from one turn of a source to its next."""
TOGETHER = 8
_GROUPS = 50
_EARLY = 0.005


def rota() -> Iterator[float]:
    """For one source after another, yield the time of its turns, in seconds after each multiple of ``PERIOD``."""
    while True:
        for group in range(_GROUPS):
            yield from [PERIOD * group / _GROUPS] * TOGETHER


def next_turn(turn: float, now: float) -> float:
    """Return the gateway time of the next turn after ``now``. If a timer fires slightly early, that turn counts as
    taken."""
    left = PERIOD - (now - turn) % PERIOD
    return now + (left if left > _EARLY else left + PERIOD)
