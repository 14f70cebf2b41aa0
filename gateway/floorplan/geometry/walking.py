"""Measures walking routes through doors and stairs, on all floors and between buildings. Pure.

Doors and stairwells are the nodes of a graph. Two of them are joined, by the shortest route through a space, if they
open into the same space. All distances between them are computed once. The graph of a school has about a hundred nodes,
for which a matrix is faster and shorter than a graph library.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from shapely import Point as Spot
from shapely import Polygon, box, get_parts, unary_union

from gateway.floorplan.geometry.places import RoomFinder, beside
from gateway.floorplan.geometry.spaces import Numbers, Space, Stand, closed_distances
from gateway.floorplan.geometry.stairs import storeys
from gateway.floorplan.geometry.walls import HallwayPair
from gateway.floorplan.kinds import DoorKind
from gateway.floorplan.model import Door, FloorPlan, Point, Room

STOREY_M = 12.0
"""Length in metres of a flight of stairs from one level to the next, with its landing."""
_GROUNDS = 80.0
"""Metres around the buildings in which people walk."""
_BESIDE = 0.6
_WALL = 0.5
"""A door belongs to a room if it is at most this many metres from the room's outline."""
_CLOSING = 0.16
"""Metres by which hallways grow so that a gap between them closes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Holds a place where somebody can stand: its space, and its position there."""

    space: int
    stand: Stand


class Walking:
    """Holds all distances between the doors of a plan."""

    def __init__(self, plan: FloorPlan, finder: RoomFinder, borders: Mapping[HallwayPair, object]) -> None:
        self._groups = _groups(plan, borders)
        shapes = [_joined([Polygon(plan_room.outline) for plan_room in group]) for group in self._groups]
        self._inside = {room.id: index for index, group in enumerate(self._groups) for room in group}
        grounds = _grounds(plan)
        shapes += grounds
        self._outside = range(len(self._groups), len(shapes))
        exits: list[list[tuple[int, Point]]] = [[] for _ in shapes]
        for number, door in enumerate(plan.doors):
            for space in self._sides(door, finder, grounds):
                exits[space].append((number, door.position))
        self.door_count = len(plan.doors)
        flights = storeys(plan)
        stairs = sorted({room.id for flight in flights for room in flight[:2]})
        labels = {room.id: room.label for room in plan.rooms}
        for number, room_id in enumerate(stairs, start=self.door_count):
            exits[self._inside[room_id]].append((number, labels[room_id]))
        self.spaces = [Space(shape, found) for shape, found in zip(shapes, exits, strict=True)]
        self._stairs = frozenset(stairs)
        numbers = {room_id: self.door_count + index for index, room_id in enumerate(stairs)}
        self.between = self._all_distances(
            self.door_count + len(stairs), [(numbers[a.id], numbers[b.id], levels) for a, b, levels in flights]
        )

    def place(self, room_id: str | None, point: Point) -> Place | None:
        """Return the place of a point in a room, or outdoors. Return None if nobody can stand there."""
        if room_id is not None:
            index = self._inside[room_id]
            return Place(index, self.spaces[index].stand(point))
        nearest = min(self._outside, key=lambda index: self.spaces[index].gap(point), default=None)
        if nearest is None or self.spaces[nearest].gap(point) > 2 * _BESIDE:
            return None
        return Place(nearest, self.spaces[nearest].stand(point))

    def to_doors(self, place: Place) -> Numbers:
        """Return the distances from a place to all doors and stairwells, infinite where there is no route."""
        space = self.spaces[place.space]
        if not len(space.doors):
            return np.full(len(self.between), np.inf)
        start = space.to_doors(place.stand)
        return np.asarray((start[:, None] + self.between[space.doors]).min(axis=0), dtype=np.float64)

    def climbs(self, room_id: str) -> bool:
        """Return True if the room is a stairwell that leads to another floor."""
        return room_id in self._stairs

    def exterior_doors(self) -> npt.NDArray[np.intp]:
        """Return the numbers of the doors that lead to the grounds around the buildings."""
        return self.spaces[self._outside[0]].doors if self._outside else np.empty(0, dtype=np.intp)

    def space_of(self, room_id: str) -> int:
        """Return the number of a room's space."""
        return self._inside[room_id]

    def _sides(self, door: Door, finder: RoomFinder, grounds: list[Polygon]) -> set[int]:
        """Return the spaces into which a door opens: two if it is drawn correctly."""
        found: set[int] = set()
        outside = False
        for heading in (door.heading, door.heading + 180):
            room = finder.beside(door.floor_id, door.position, heading)
            if room is not None:
                found.add(self._inside[room.id])
            elif door.kind is DoorKind.EXTERIOR:
                outside = True
                spot = Spot(beside(door.position, heading, _BESIDE))
                nearest = min(range(len(grounds)), key=lambda i: grounds[i].distance(spot), default=None)
                if nearest is not None and grounds[nearest].distance(spot) <= 2 * _BESIDE:
                    found.add(self._outside[nearest])
        if len(found) < 2 and not outside:
            found |= {self._inside[room.id] for room in finder.around(door.floor_id, door.position, _WALL)}
        return found

    def _all_distances(self, count: int, flights: list[tuple[int, int, int]]) -> Numbers:
        between = np.full((count, count), np.inf)
        np.fill_diagonal(between, 0)
        for space in self.spaces:
            rows = np.ix_(space.doors, space.doors)
            between[rows] = np.minimum(between[rows], space.between_doors)
        for low, high, levels in flights:
            between[low, high] = between[high, low] = levels * STOREY_M
        return closed_distances(between)


def _groups(plan: FloorPlan, borders: Mapping[HallwayPair, object]) -> list[list[Room]]:
    """Return the rooms in groups: hallways that are open to each other together, and every other room alone."""
    group_of = {room.id: index for index, room in enumerate(plan.rooms)}
    for one, other in borders:
        kept, merged = group_of[one], group_of[other]
        group_of = {room_id: kept if group == merged else group for room_id, group in group_of.items()}
    groups: dict[int, list[Room]] = {}
    for room in plan.rooms:
        groups.setdefault(group_of[room.id], []).append(room)
    return list(groups.values())


def _joined(shapes: list[Polygon]) -> Polygon:
    if len(shapes) == 1:
        return shapes[0]
    grown = unary_union([shape.buffer(_CLOSING, join_style="mitre") for shape in shapes])
    joined = grown.buffer(-_CLOSING, join_style="mitre")
    return max(get_parts(joined), key=lambda part: float(part.area))


def _grounds(plan: FloorPlan) -> list[Polygon]:
    """Return the space around the buildings, and then their closed courtyards."""
    built = unary_union(
        [Polygon(floor.outline) for floor in plan.floors if floor.level == 0]
        + [Polygon(building.outline) for building in plan.buildings]
    )
    if built.is_empty:
        return []
    west, south, east, north = built.bounds
    land = box(west - _GROUNDS, south - _GROUNDS, east + _GROUNDS, north + _GROUNDS)
    return sorted(get_parts(land.difference(built)), key=lambda part: -float(part.area))
