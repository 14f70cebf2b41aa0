"""Finds places for windows that a plan only names in their room. Pure.

Numbers on windows are read from outside, so the first number is the leftmost one for somebody who stands outside.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import atan2, degrees, hypot

from shapely import LineString, Polygon

from gateway.floorplan.model import Floor, Outline, Point, Room, Window

_WALL = 0.5
"""A room's wall is an outside wall if it is at most this many metres from the outline of its floor."""
_WIDEST = 1.5
"""Width of an estimated window in metres, if there is room for it."""


def estimated_windows(floors: Sequence[Floor], rooms: Sequence[Room], drawn: Sequence[Window]) -> Iterator[Window]:
    """Yield a window for each number that a room names and that is not among the ``drawn`` windows."""
    outlines = {floor.id: Polygon(floor.outline) for floor in floors}
    known = {(window.floor_id, window.number) for window in drawn}
    for room in rooms:
        numbers = [number for number in room.windows if (room.floor_id, number) not in known]
        wall = _outside_wall(room.outline, outlines[room.floor_id]) if numbers and room.floor_id in outlines else None
        if wall is None:
            continue
        (x0, y0), (x1, y1) = wall
        length = hypot(x1 - x0, y1 - y0)
        # Outside is on the right of a wall that runs counter-clockwise, so an observer there sees it left to right.
        heading = degrees(atan2(y1 - y0, -(x1 - x0))) % 360
        step = length / len(numbers)
        for index, number in enumerate(numbers):
            along = (index + 0.5) / len(numbers)
            at = (x0 + along * (x1 - x0), y0 + along * (y1 - y0))
            width = min(_WIDEST, 0.8 * step)
            yield Window(f"{room.id}#{number}", number, room.floor_id, room.id, at, heading, width, drawn=False)


def _outside_wall(outline: Outline, floor: Polygon) -> tuple[Point, Point] | None:
    """Return the longest wall that lies on the floor's outline, counter-clockwise, or None if there is none."""
    ring = list(outline if Polygon(outline).exterior.is_ccw else reversed(outline))
    edge = floor.boundary.buffer(_WALL)
    outside = [wall for wall in pairwise(ring) if edge.covers(LineString(wall))]
    return max(outside, key=lambda wall: hypot(wall[1][0] - wall[0][0], wall[1][1] - wall[0][1]), default=None)
