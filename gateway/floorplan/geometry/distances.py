"""Keeps the walking distances between the cameras and rooms of a plan. Pure.

A route to a room ends at its door, or where its hallway begins. A route from a camera begins below it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees

import numpy as np
from shapely import Polygon

from gateway.floorplan.geometry.spaces import Numbers, Way
from gateway.floorplan.geometry.walking import Place, Walking
from gateway.floorplan.model import Point, Room


@dataclass(frozen=True, slots=True)
class _Target:
    """Holds a room: its space, and the distances to it from that space's doors and nodes."""

    space: int
    shape: Polygon
    entry: Numbers
    approach: Numbers


class Distances:
    """Holds the distances from several places to all doors and rooms."""

    def __init__(self, walking: Walking, rooms: Sequence[Room], places: Sequence[Place | None]) -> None:
        """An entry of ``places`` is None if nobody can stand there. All distances to such a place are infinite."""
        self._walking = walking
        self._places = places
        self._number = {room.id: index for index, room in enumerate(rooms)}
        self._targets = [self._target(room) for room in rooms]
        nowhere = np.full(len(walking.between), np.inf)
        self._to_doors = np.array(
            [nowhere if place is None else walking.to_doors(place) for place in places], dtype=np.float64
        ).reshape(len(places), len(nowhere))
        self._to_rooms = self._all_rooms()
        self._between = self._all_pairs()

    def to_room(self, place: int, room_id: str) -> float:
        """Return the distance from a place to a room, or infinity."""
        return float(self._to_rooms[place, self._number[room_id]])

    def between(self, place: int, other: int) -> float:
        """Return the distance between two places, or infinity. It is the same in both directions."""
        return float(self._between[place, other])

    def between_rooms(self, room_id: str, other_id: str) -> float:
        """Return the distance between two rooms, from door to door, or infinity."""
        one, other = self._targets[self._number[room_id]], self._targets[self._number[other_id]]
        direct = self._direct(one, other)
        doors, others = self._walking.spaces[one.space].doors, self._walking.spaces[other.space].doors
        if not len(doors) or not len(others):
            return direct
        over = one.entry[:, None] + self._walking.between[np.ix_(doors, others)] + other.entry
        return min(direct, float(over.min()))

    def room_to_doors(self, room_id: str) -> Numbers:
        """Return the distances from a room to all doors, by their number, infinite where there is no route."""
        room = self._targets[self._number[room_id]]
        doors = self._walking.spaces[room.space].doors
        if not len(doors):
            return np.full(self._walking.door_count, np.inf)
        over = room.entry[:, None] + self._walking.between[doors]
        return np.asarray(over.min(axis=0), dtype=np.float64)[: self._walking.door_count]

    def bearing(self, place: int, other: int) -> float:
        """Return the bearing of the first leg of the route between two places, in degrees from true north."""
        start, end = self._places[place], self._places[other]
        if start is None or end is None:
            return 0.0
        space = self._walking.spaces[start.space]
        ways = [space.way(start.stand, end.stand)] if start.space == end.space else []
        if len(space.doors):
            over = space.to_doors(start.stand) + self._to_doors[other][space.doors]
            best = int(over.argmin())
            ways.append(Way(float(over[best]), space.way_to_door(start.stand, best).first))
        return _bearing(start.stand.point, min(ways, key=lambda way: way.length_m).first) if ways else 0.0

    def _target(self, room: Room) -> _Target:
        index = self._walking.space_of(room.id)
        space, shape = self._walking.spaces[index], Polygon(room.outline)
        approach = space.approach(shape)
        return _Target(index, shape, space.doors_to(approach), approach)

    def _direct(self, one: _Target, other: _Target) -> float:
        """Return the distance between hallways that are open to each other, or infinity for other rooms."""
        if one is other:
            return 0.0
        if one.space != other.space:
            return float("inf")
        over = one.approach[:, None] + self._walking.spaces[one.space].between_nodes + other.approach
        straight = float(one.shape.distance(other.shape))
        return min(float(over.min()), straight if straight < 0.5 else float("inf"))

    def _all_rooms(self) -> Numbers:
        found = np.full((len(self._places), len(self._targets)), np.inf)
        for number, room in enumerate(self._targets):
            space = self._walking.spaces[room.space]
            if len(space.doors) and len(self._places):
                found[:, number] = (self._to_doors[:, space.doors] + room.entry).min(axis=1)
            for index, place in enumerate(self._places):
                if place is not None and place.space == room.space:
                    direct = space.length_to(place.stand, room.shape, room.approach)
                    found[index, number] = min(found[index, number], direct)
        return found

    def _all_pairs(self) -> Numbers:
        count = len(self._places)
        found = np.full((count, count), np.inf)
        for index, place in enumerate(self._places):
            if place is None:
                continue
            space = self._walking.spaces[place.space]
            if len(space.doors):
                own = space.to_doors(place.stand)
                found[:, index] = (self._to_doors[:, space.doors] + own).min(axis=1)
            for other in range(index):
                end = self._places[other]
                if end is not None and end.space == place.space:
                    found[other, index] = min(found[other, index], space.way(end.stand, place.stand).length_m)
        below = np.tril_indices(count, -1)
        found[below] = found.T[below]
        np.fill_diagonal(found, 0)
        return found


def _bearing(start: Point, end: Point) -> float:
    return degrees(atan2(end[0] - start[0], end[1] - start[1])) % 360
