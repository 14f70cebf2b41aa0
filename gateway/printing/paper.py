"""Fits a part of the plan onto a sheet of paper, at a scale that people can measure with. Pure.

Lengths on paper are in points, which are 1/72 inch, from the lower left corner.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.floorplan.model import Point

Box = tuple[float, float, float, float]
"""Left, bottom, right and top."""

MILLIMETRE = 72 / 25.4
MARGIN = 10 * MILLIMETRE
HEADER, FOOTER, RULER = 44.0, 30.0, 16.0
"""Heights of the bands above and below the drawing, and the width of the letters and numbers around it."""
SCALES = (50, 75, 100, 125, 150, 200, 250, 300, 400, 500, 600, 750, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000)
POINTS_PER_METRE = 1000 * MILLIMETRE


class Paper(StrEnum):
    """Names the paper sizes that are printed."""

    LETTER = "letter"
    TABLOID = "tabloid"
    A4 = "a4"
    A3 = "a3"


SIZES: dict[Paper, tuple[float, float]] = {
    Paper.LETTER: (11 * 72.0, 8.5 * 72.0),
    Paper.TABLOID: (17 * 72.0, 11 * 72.0),
    Paper.A4: (297 * MILLIMETRE, 210 * MILLIMETRE),
    Paper.A3: (420 * MILLIMETRE, 297 * MILLIMETRE),
}
"""Width and height in landscape."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Maps metres to paper. ``scale`` is the denominator: 200 means 1:200. ``west`` and ``south`` are at ``frame``'s
    lower left corner."""

    frame: Box
    west: float
    south: float
    scale: int

    @property
    def per_metre(self) -> float:
        """Points per metre."""
        return POINTS_PER_METRE / self.scale

    def holds(self, point: Point) -> bool:
        """Return True if a point of the plan is within the frame."""
        left, bottom, right, top = self.frame
        x, y = self.at(point)
        return left <= x <= right and bottom <= y <= top

    def at(self, point: Point) -> Point:
        """Return where a point of the plan is on paper."""
        left, bottom, _, _ = self.frame
        return left + (point[0] - self.west) * self.per_metre, bottom + (point[1] - self.south) * self.per_metre


def drawing_area(paper: Paper) -> Box:
    """Return the part of the sheet that the drawing may fill."""
    width, height = SIZES[paper]
    return (
        MARGIN + RULER,
        MARGIN + FOOTER,
        width - MARGIN - RULER,
        height - MARGIN - HEADER - RULER,
    )


def fit(bounds: Box, paper: Paper) -> Fitted:
    """Fit the bounds (west, south, east and north in metres) into the drawing area, in its middle.

    It uses the largest of ``SCALES`` at which they fit, so that people can measure with a ruler. North is always up.
    """
    left, bottom, right, top = drawing_area(paper)
    west, south, east, north = bounds
    scale = next(
        (
            scale
            for scale in SCALES
            if (east - west) * POINTS_PER_METRE / scale <= right - left
            and (north - south) * POINTS_PER_METRE / scale <= top - bottom
        ),
        SCALES[-1],
    )
    width, height = (east - west) * POINTS_PER_METRE / scale, (north - south) * POINTS_PER_METRE / scale
    x, y = (left + right - width) / 2, (bottom + top - height) / 2
    return Fitted((x, y, x + width, y + height), west, south, scale)
