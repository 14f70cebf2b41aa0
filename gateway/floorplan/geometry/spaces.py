"""Measures walking routes within one space: a room, hallways that are open to each other, or the grounds. Pure.

A shortest route bends only at corners that project into the space. It is found along the lines of sight between these
corners and the doors.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from shapely import Point as Spot
from shapely import Polygon, contains_xy, covers, length, linestrings, prepare, shortest_line
from shapely import points as spots

from gateway.floorplan.model import Point

Numbers = npt.NDArray[np.float64]

_EDGE = 0.02
"""Metres by which a line may leave the space, since doors and corners lie on its edge."""
_FLAT = 1e-3
"""An outline counts as convex if its area differs from that of its convex hull by at most this fraction."""


@dataclass(frozen=True, slots=True)
class Way:
    """The length of a route in metres, and the first point at which it bends, or its end."""

    length_m: float
    first: Point


@dataclass(frozen=True, slots=True)
class Stand:
    """Holds what is known about a place in a space.

    ``lengths`` are the distances to the space's nodes, which begin with its doors, and ``bends`` the nodes at which the
    routes to them first bend. ``sights`` are the straight distances to the nodes, infinite if a corner hides one.
    """

    point: Point
    lengths: Numbers
    bends: npt.NDArray[np.intp]
    sights: Numbers


class Space:
    """Holds a space with its doors, and the distances between them."""

    def __init__(self, shape: Polygon, doors: list[tuple[int, Point]]) -> None:
        """``doors`` are the numbers of the doors, and where they are. Those beside the space are moved into it."""
        self.shape = shape
        self.doors = np.array([number for number, _ in doors], dtype=np.intp)
        self._convex = shape.convex_hull.area - shape.area <= _FLAT * shape.area
        self._room = shape.buffer(_EDGE, join_style="mitre")
        prepare(self._room)
        points = [self._moved_in(point) for _, point in doors]
        corners = [] if self._convex else inner_corners(shape)
        self._nodes = np.array([*points, *corners], dtype=np.float64).reshape(-1, 2)
        self._between = closed_distances(self._all_sight())

    @property
    def between_doors(self) -> Numbers:
        """The distances between the doors, in the order of ``doors``."""
        count = len(self.doors)
        return self._between[:count, :count]

    @property
    def between_nodes(self) -> Numbers:
        """The distances between all nodes, which begin with the doors."""
        return self._between

    def gap(self, point: Point) -> float:
        """Return the straight distance in metres from a point to the space, or 0 inside."""
        return float(self.shape.distance(Spot(point)))

    def stand(self, point: Point) -> Stand:
        """Return what is known about a point, which is moved into the space if it is beside it."""
        inside = self._moved_in(point)
        sights = self._sight(inside, self._nodes)
        if not len(sights):
            return Stand(inside, sights, np.empty(0, dtype=np.intp), sights)
        over = sights[:, None] + self._between
        return Stand(inside, over.min(axis=0), over.argmin(axis=0), sights)

    def to_doors(self, stand: Stand) -> Numbers:
        """Return the distances to the doors, in the order of ``doors``."""
        return stand.lengths[: len(self.doors)]

    def way_to_door(self, start: Stand, index: int) -> Way:
        """Return the route to a door, by its place in ``doors``."""
        return Way(float(start.lengths[index]), self._node(int(start.bends[index])))

    def approach(self, part: Polygon) -> Numbers:
        """Return the straight distances from the nodes to a part of the space, infinite if a corner hides it."""
        return self._straight_to(self._nodes, part)

    def doors_to(self, approach: Numbers) -> Numbers:
        """Return the distances from the doors to a part of the space, in the order of ``doors``."""
        over = self._between[: len(self.doors)] + approach
        return over.min(axis=1) if len(approach) else np.empty(0)

    def length_to(self, start: Stand, part: Polygon, approach: Numbers) -> float:
        """Return the distance from a point to a part of the space."""
        straight = float(self._straight_to(np.array([start.point]), part)[0])
        return min(straight, float((start.lengths + approach).min())) if len(approach) else straight

    def way(self, start: Stand, end: Stand) -> Way:
        """Return the route between two points of the space. Its length is infinite if there is none."""
        straight = float(self._sight(start.point, np.array([end.point]))[0])
        if straight < np.inf:
            return Way(straight, end.point)
        whole = start.lengths + end.sights
        if not len(whole):
            return Way(float("inf"), end.point)
        best = int(whole.argmin())
        return Way(float(whole[best]), self._node(int(start.bends[best])))

    def _sight(self, point: Point, targets: Numbers) -> Numbers:
        """Return the straight distances to the targets, infinite for those that a corner hides."""
        gaps = np.hypot(targets[:, 0] - point[0], targets[:, 1] - point[1])
        if self._convex or not len(targets):
            return gaps
        lines = linestrings(np.stack([np.broadcast_to(point, targets.shape), targets], axis=1))
        return np.where(covers(self._room, lines), gaps, np.inf)

    def _straight_to(self, points: Numbers, part: Polygon) -> Numbers:
        if not len(points):
            return np.empty(0)
        lines = shortest_line(spots(points), part)
        gaps = np.asarray(length(lines), dtype=np.float64)
        return gaps if self._convex else np.where(covers(self._room, lines), gaps, np.inf)

    def _all_sight(self) -> Numbers:
        count = len(self._nodes)
        straight = np.full((count, count), np.inf)
        first, second = np.triu_indices(count, 1)
        if len(first):
            ends = self._nodes[first], self._nodes[second]
            gaps = np.hypot(*(ends[1] - ends[0]).T)
            if not self._convex:
                seen = covers(self._room, linestrings(np.stack(ends, axis=1)))
                gaps = np.where(seen, gaps, np.inf)
            straight[first, second] = straight[second, first] = gaps
        np.fill_diagonal(straight, 0)
        return straight

    def _moved_in(self, point: Point) -> Point:
        if contains_xy(self._room, *point):
            return point
        x, y = shortest_line(Spot(point), self.shape).coords[-1]
        return float(x), float(y)

    def _node(self, index: int) -> Point:
        x, y = self._nodes[index]
        return float(x), float(y)


def inner_corners(shape: Polygon) -> list[Point]:
    """Return the corners at which a route through the shape may bend: those that project into it."""
    simple = shape.simplify(_EDGE)
    found: list[Point] = []
    for ring, is_hole in ((simple.exterior, False), *((hole, True) for hole in simple.interiors)):
        points = np.array(ring.coords)[:-1]
        before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
        turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        # Walking counter-clockwise around the outside, or clockwise around a hole, the space is on the left.
        bends = turn > 1e-9 if ring.is_ccw is is_hole else turn < -1e-9
        found += [(float(x), float(y)) for x, y in points[bends]]
    return found


def closed_distances(straight: Numbers) -> Numbers:
    """Return the shortest distances between all nodes (Floyd and Warshall). This changes the argument."""
    for middle in range(len(straight)):
        np.minimum(straight, straight[:, middle, None] + straight[middle], out=straight)
    return straight
