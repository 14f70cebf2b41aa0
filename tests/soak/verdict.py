"""Judges the result of a soak. Pure."""

from collections.abc import Sequence
from statistics import median

from tests.soak.run import Rest

# These vary even without a leak: the data in transit of 30 streams, the events kept for pages that reconnect, and
# SQLite's pages. They do not grow with the length of a soak, so these limits do not either.
HEAP_MOVES = 2 << 20
RESIDENT_MOVES = 32 << 20
"""The same for the whole process as the kernel sees it: fragmentation of the allocator, the cost of tracing every kept
picture (about 10 MB until their number reaches its limit), OpenSSL, and the decoder of stills.
"""


def verdict(rests: Sequence[Rest]) -> list[str]:
    """Describe the faults. The first round is a warm-up, in which everything that is created once is created."""
    _, *warm = rests
    first, last = warm[0], warm[-1]
    half = len(warm) // 2
    found = []
    if last.sessions:
        found.append(f"{last.sessions} sessions are open")
    if last.kept > first.kept:
        found.append(f"{last.kept - first.kept} sessions that have ended are still held")
    if more := last.tasks - first.tasks:
        found.append(f"tasks are left: {dict(more)}")
    if last.descriptors > first.descriptors:
        found.append(f"{last.descriptors - first.descriptors} descriptors are left open")
    for name, moves in (("heap", HEAP_MOVES), ("resident", RESIDENT_MOVES)):
        early, late = (median(getattr(rest, name) for rest in part) for part in (warm[: half or 1], warm[half:]))
        if late - early > moves:
            found.append(f"memory grew: {name} from {early / 1e6:.2f} to {late / 1e6:.2f} MB")
    return found
