"""Finds out whether a camera's picture has changed, from small grey copies of its keyframes. Pure.

A copy has ``SHAPE`` cells. Each is the mean of its area, so that noise from coding and from the sensor averages out but
a person does not. Measured with libx264 (veryfast, 320x180 and 640x360, keyframes 2 s apart, light and dark):

========================================  =====================
what is compared                          largest cell difference
========================================  =====================
one picture, repeated, 200-1000 kbit/s    1 to 4
the same at 100 kbit/s                    4 to 6
a still scene with sensor noise (s = 3)   2 to 4
a person of 15 % of the height, walking   8 and more
a person of 8 % of the height, walking    4 and more
========================================  =====================
"""

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.uint8]

SHAPE = (36, 64)
SAME = 4  # grey levels out of 256
LEAST = 5.0  # seconds before a still scene is reported


class Unchanged:
    """Follows one camera. It compares with the first of the equal pictures, so that slow changes add up."""

    def __init__(self) -> None:
        self._reference: Cells | None = None
        self._first = 0.0
        self._last = 0.0

    def feed(self, cells: Cells, captured: float) -> None:
        """Process the next picture. ``captured`` is in gateway time."""
        if self._reference is None or difference(self._reference, cells) > SAME:
            self._reference, self._first = cells, captured
        self._last = captured

    @property
    def since(self) -> float | None:
        """Return the gateway time of the first equal picture, or None if they span less than ``LEAST`` seconds."""
        return self._first if self._last - self._first >= LEAST else None

    @property
    def doubtful(self) -> bool:
        """True while the last pictures are equal, but not for long enough to report it."""
        return self._first < self._last and self.since is None

    @property
    def seconds(self) -> float:
        """Return the seconds for which the picture has not changed, or 0 until that is reported."""
        return 0.0 if self.since is None else self._last - self._first


def difference(one: Cells, other: Cells) -> int:
    """Return the largest difference of any cell, in grey levels."""
    return int(np.abs(one.astype(np.int16) - other).max())
