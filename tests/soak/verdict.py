"""Judges what a soak has shown. Pure."""

from collections.abc import Sequence
from statistics import median

from tests.soak.run import Rest

# What varies without a leak: data in transit of 30 streams, the events kept for pages that reconnect, SQLite's pages.
# It does not grow with the length of a soak, so these limits do not either.
HEAP_MOVES = 2 << 20
RESIDENT_MOVES = 32 << 20
"""The same for the whole process as the kernel sees it: its allocator's holes, what tracing costs for every kept
picture (some 10 MB until their number is at its limit), OpenSSL, and the decoder of stills."""


def verdict(rests: Sequence[Rest]) -> list[str]:
    """Describe the faults. The first round warms up: what is made once is made in it."""
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
