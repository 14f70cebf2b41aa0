"""Lays a grid of lettered columns and numbered rows over the whole site, so that people can name a place over the
radio, such as "C4". Pure.

The grid depends only on the plan, so paper and screen agree. Columns are lettered from west to east and rows numbered
from north to south. I and O are left out, because on paper they look like 1 and 0.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor

from gateway.floorplan.model import FloorPlan, Point, Spot

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CELL_SIZES = (5, 10, 20, 25, 50, 100, 200, 500)
"""Sizes of a cell in metres, each of which is easy to pace or estimate."""
MOST_CELLS = 16
"""If a grid would have more columns or rows than this, the next larger cell is chosen."""
_MARGIN = 2.0
"""Metres around everything in the grid, so that nothing stands on the edge of the sheet."""
_CELL = re.compile(rf"([{LETTERS}])([1-9][0-9]?)")

Bounds = tuple[float, float, float, float]
"""West, south, east and north, in metres from the anchor."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Holds the grid of a site: its north-west corner, the size of a cell in metres, and its columns and rows."""

    west: float
    north: float
    cell_m: int
    columns: int
    rows: int

    @property
    def bounds(self) -> Bounds:
        """The bounds of the sheet, which is a whole number of cells."""
        return (
            self.west,
            self.north - self.rows * self.cell_m,
            self.west + self.columns * self.cell_m,
            self.north,
        )

    def cell_at(self, point: Point) -> str | None:
        """Return the cell of a point, such as "C4", or None outside the sheet.

        A point on a line belongs to the cell east or south of it.
        """
        column = floor((point[0] - self.west) / self.cell_m)
        row = floor((self.north - point[1]) / self.cell_m)
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return None
        return f"{LETTERS[column]}{row + 1}"

    def bounds_of(self, cell: str) -> Bounds:
        """Return the bounds of a cell. Lower-case letters are understood. Raises KeyError outside the sheet."""
        found = _CELL.fullmatch(cell.strip().upper())
        if found is None:
            raise KeyError(cell)
        column, row = LETTERS.index(found[1]), int(found[2]) - 1
        if column >= self.columns or row >= self.rows:
            raise KeyError(cell)
        west, north = self.west + column * self.cell_m, self.north - row * self.cell_m
        return west, north - self.cell_m, west + self.cell_m, north


def grid_of(plan: FloorPlan) -> Grid:
    """Return the grid over everything in the plan except its cameras.

    Not every reader may know about every camera, and the edge of the grid would reveal where the outermost one is. So
    a camera may stand outside the grid, where it has no cell.

    The cell is the smallest that needs at most ``MOST_CELLS`` columns and rows. The lines lie at multiples of the
    cell's size from the anchor, so a small change to the plan does not shift them.
    """
    xs, ys = zip(*_points(plan), strict=True)
    west, south, east, north = min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) + _MARGIN, max(ys) + _MARGIN
    for cell in CELL_SIZES:
        left, top = floor(west / cell), ceil(north / cell)
        columns, rows = ceil(east / cell) - left, top - floor(south / cell)
        if max(columns, rows) <= MOST_CELLS:
            break
    return Grid(float(left * cell), float(top * cell), cell, min(columns, len(LETTERS)), min(rows, 99))


def _points(plan: FloorPlan) -> Iterator[Point]:
    yield (0.0, 0.0)
    for area in plan.areas:
        yield from area.outline
    for ground in plan.grounds:
        yield from ground.points
    spots: tuple[Spot, ...] = (*plan.doors, *plan.windows, *plan.features, *plan.gates)
    for spot in spots:
        yield spot.position
