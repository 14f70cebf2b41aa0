"""Finds the walls of each floor: the outlines of its rooms, without what cameras see through. Pure.

Cameras see through doors that are glass or stand open, through windows that the plan calls see-through, and across the
border of two hallways that touch. If a door is drawn in that border, there is a wall with a door.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise
from math import cos, hypot, radians, sin

import numpy as np
import numpy.typing as npt
from shapely import LineString, STRtree, get_coordinates, get_parts, unary_union

from gateway.floorplan.kinds import RoomKind
from gateway.floorplan.model import Door, FloorPlan, Point, Room, Window

Segment = tuple[Point, Point]
Walls = npt.NDArray[np.float64]
"""One wall per row: x and y of its start, then of its end."""
HallwayPair = tuple[str, str]

_DRAWING = 0.5
"""Metres that a door may be drawn away from its wall."""
_GAP = 0.3
"""Two hallways count as touching if they are at most this many metres apart."""
_PARALLEL = sin(radians(5))
_SNAP = 0.01
"""Corners are rounded to this many metres, so that walls that two rooms share become one."""


def walls_by_level(plan: FloorPlan) -> dict[int, Walls]:
    """Return the walls of each level, of all buildings together."""
    levels = {floor.id: floor.level for floor in plan.floors}
    edges: dict[int, list[Segment]] = defaultdict(list)
    for floor in plan.floors:
        edges[floor.level] += pairwise(floor.outline)
    for room in plan.rooms:
        edges[levels[room.floor_id]] += pairwise(room.outline)
    openings: dict[int, list[Segment]] = defaultdict(list)
    clear: list[Door | Window] = [door for door in plan.doors if door.glass or door.normally_open]
    clear += [window for window in plan.windows if window.see_through]
    for place in clear:
        openings[levels[place.floor_id]].append(_across(place))
    for border in hallway_borders(plan).values():
        for floor_id, segment in border:
            openings[levels[floor_id]].append(segment)
    return {level: _without(edges[level], openings[level]) for level in edges}


def hallway_borders(plan: FloorPlan) -> Mapping[HallwayPair, list[tuple[str, Segment]]]:
    """Return where hallways are open to each other: for each pair, the floor and the segments of their border."""
    found: dict[HallwayPair, list[tuple[str, Segment]]] = {}
    for floor in plan.floors:
        halls = [r for r in plan.rooms if r.floor_id == floor.id and r.kind is RoomKind.HALLWAY]
        doors = [door for door in plan.doors if door.floor_id == floor.id]
        for one, other in combinations(halls, 2):
            segments = [s for s in _shared(one, other) if not any(_stands_in(door, s) for door in doors)]
            if segments:
                found[one.id, other.id] = [(floor.id, segment) for segment in segments]
    return found


def _across(place: Door | Window) -> Segment:
    """Return the opening of a door or window, along its wall."""
    (x, y), half = place.position, place.width_m / 2
    east, north = half * cos(radians(place.heading)), -half * sin(radians(place.heading))
    return (x - east, y - north), (x + east, y + north)


def _shared(one: Room, other: Room) -> Iterator[Segment]:
    for wall in pairwise(one.outline):
        for facing in pairwise(other.outline):
            along = _overlap(wall, facing, _GAP)
            if along is not None:
                yield _part(wall, *along)


def _stands_in(door: Door, border: Segment) -> bool:
    along = _overlap(border, _across(door), _DRAWING)
    return along is not None and along[1] - along[0] > 0


def _overlap(wall: Segment, other: Segment, apart: float) -> tuple[float, float] | None:
    """Return the part of a wall that another segment covers, as fractions of its length, or None.

    The other segment must be nearly parallel to the wall and at most ``apart`` metres away from it.
    """
    (x0, y0), (x1, y1) = wall
    (a0, b0), (a1, b1) = other
    dx, dy, ex, ey = x1 - x0, y1 - y0, a1 - a0, b1 - b0
    length, width = hypot(dx, dy), hypot(ex, ey)
    if not length or not width or abs(dx * ey - dy * ex) > _PARALLEL * length * width:
        return None
    beside = abs(dx * ((b0 + b1) / 2 - y0) - dy * ((a0 + a1) / 2 - x0)) / length
    first = (dx * (a0 - x0) + dy * (b0 - y0)) / length**2
    last = (dx * (a1 - x0) + dy * (b1 - y0)) / length**2
    start, end = max(0.0, min(first, last)), min(1.0, max(first, last))
    return (start, end) if beside <= apart and (end - start) * length > 0.1 else None


def _part(wall: Segment, start: float, end: float) -> Segment:
    (x0, y0), (x1, y1) = wall
    dx, dy = x1 - x0, y1 - y0
    return (x0 + start * dx, y0 + start * dy), (x0 + end * dx, y0 + end * dy)


def _without(edges: list[Segment], openings: list[Segment]) -> Walls:
    """Return the edges without the openings, cut where edges meet, and without duplicates."""
    closed: Iterable[Segment] = edges
    if openings:
        near = STRtree([LineString(opening).buffer(_DRAWING) for opening in openings])
        closed = [
            part
            for edge in edges
            for part in _closed(edge, [openings[i] for i in near.query(LineString(edge), predicate="intersects")])
        ]
    merged = unary_union([LineString(wall) for wall in closed], grid_size=_SNAP)
    pieces = [get_coordinates(line) for line in get_parts(merged)]
    if not pieces:
        return np.empty((0, 4))
    return np.concatenate([np.hstack([piece[:-1], piece[1:]]) for piece in pieces])


def _closed(edge: Segment, openings: list[Segment]) -> Iterator[Segment]:
    cuts = sorted(along for opening in openings if (along := _overlap(edge, opening, _DRAWING)) is not None)
    at = 0.0
    for start, end in cuts:
        if start > at:
            yield _part(edge, at, start)
        at = max(at, end)
    if at < 1:
        yield _part(edge, at, 1.0)
