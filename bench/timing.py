"""Measures, for every viewer, the time from a picture's complete arrival from the camera to its complete departure.

Servers choose their own RTP timestamps, but keep the distances between them. So every keyframe that a viewer gets (by
far the largest picture) is matched with the last one that its camera had sent by then, and all other pictures are
matched by their distance from it. Pure.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.load.feeder import TICKS, WRITTEN

_KEYFRAME = 4  # times as large as almost all pictures; the film also has one picture of twice the usual size


@dataclass(frozen=True, slots=True)
class Received:
    """One entry per picture of one viewer, in order: RTP time, wall-clock nanoseconds of its last packet, bytes."""

    rtp: npt.NDArray[np.uint32]
    at: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds per picture, keyframes separately. ``unmatched`` counts pictures that match none in the feeder's
    log.
    """

    pictures: npt.NDArray[np.float64]
    keyframes: npt.NDArray[np.float64]
    unmatched: int


def delays(written: npt.NDArray[np.void], camera: int, received: Received) -> Delays:
    """Return the delays of one viewer of ``camera``. If there is no keyframe to begin with, all are unmatched."""
    log = written[written["camera"] == camera]
    none: npt.NDArray[np.float64] = np.empty(0)
    keys = log[log["place"] == 0]
    if not len(received.at) or not len(keys):
        return Delays(none, none, len(received.at))
    largest = int(np.argmax(received.sizes))
    before = int(np.searchsorted(keys["at"], received.at[largest])) - 1
    if before < 0 or received.sizes[largest] < _KEYFRAME * np.percentile(received.sizes, 95):
        return Delays(none, none, len(received.at))
    first = int(np.searchsorted(log["at"], keys["at"][before]))
    apart = (received.rtp - received.rtp[largest]).astype(np.int32)
    place = first + np.rint(apart / TICKS).astype(np.int64)
    known = (place >= 0) & (place < len(log))
    found = log[place[known]]
    waited = (received.at[known] - found["at"]) / 1e6
    key = found["place"] == 0
    return Delays(waited[~key], waited[key], int(np.count_nonzero(~known)))


def read_log(path: str) -> npt.NDArray[np.void]:
    """Return what the feeder has written so far, whole lines only."""
    with open(path, "rb") as file:
        content = file.read()
    return np.frombuffer(content[: len(content) // WRITTEN.itemsize * WRITTEN.itemsize], WRITTEN)


def percentiles(values: npt.NDArray[np.float64]) -> dict[str, float]:
    """Return p50, p99 and the maximum, rounded. Return nothing for no values."""
    if not len(values):
        return {}
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": round(float(p50), 3), "p99": round(float(p99), 3), "most": round(float(values.max()), 3)}
