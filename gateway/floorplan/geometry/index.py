"""Answers questions about a plan: which cameras see a place, which are near it, and which come next. Pure.

Everything that takes time is computed once, when the plan is loaded.
"""

from collections.abc import Collection
from dataclasses import dataclass
from math import inf, isfinite

from shapely import LinearRing, Polygon
from shapely import Point as Spot

from gateway.floorplan.geometry.distances import Distances
from gateway.floorplan.geometry.places import RoomFinder
from gateway.floorplan.geometry.sight import distance
from gateway.floorplan.geometry.sightings import Sighting, Sightings
from gateway.floorplan.geometry.walking import Walking
from gateway.floorplan.geometry.walls import hallway_borders
from gateway.floorplan.kinds import DoorKind
from gateway.floorplan.model import Door, FloorPlan, Outline, Point
from gateway.models import CameraId

_DETOUR = 1.2
"""A camera still counts as lying between two others if the route past it is at most this many times as long."""
_SAME_PLACE = 1.0
"""Two cameras this many metres apart or less count as being at the same place: neither is behind the other."""
_FOLLOWED = 150.0
"""A camera is not a neighbour if the route to it is longer than this, in metres."""


@dataclass(frozen=True, slots=True)
class NearCamera:
    """Names a camera near a room. ``distance_m`` is the walking distance from the room to it, in metres: 0 if it is in
    the room, None if the plan has no route.
    """

    id: CameraId
    distance_m: float | None
    sees_room: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Names the next camera in a direction, with the bearing of the route's first leg and the route's length."""

    id: CameraId
    bearing: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Entrance:
    """Names an exterior door, and the cameras that see it, best first."""

    door_id: str
    cameras: tuple[CameraId, ...]


class Geometry:
    """Holds a plan, with what its cameras see and all walking distances."""

    def __init__(self, plan: FloorPlan) -> None:
        self.plan = plan
        finder = RoomFinder(plan.rooms)
        self.sightings = Sightings(plan, finder)
        self.walking = Walking(plan, finder, hallway_borders(plan))
        self._number = {camera.id: index for index, camera in enumerate(plan.cameras)}
        eyes = self.sightings.eyes
        places = [self.walking.place(camera.room_id, eyes[camera.id]) for camera in plan.cameras]
        self.distances = Distances(self.walking, plan.rooms, places)
        self._rooms = {room.id for room in plan.rooms}

    def cone(self, camera_id: CameraId) -> Polygon:
        """Return what a camera sees of its level, in metres. Raises KeyError."""
        return self.sightings.cones[camera_id]

    def seeing_point(self, floor_id: str, point: Point) -> tuple[Sighting, ...]:
        """Return the cameras that see a point of a floor, best first."""
        return self.sightings.of_point(floor_id, point)

    def seeing_door(self, door_id: str) -> tuple[Sighting, ...]:
        """Return the cameras that see a door, best first. Raises KeyError."""
        return self.sightings.of_door(door_id)

    def seeing_room(self, room_id: str) -> tuple[Sighting, ...]:
        """Return the cameras that see a room or one of its doors, best first. Raises KeyError."""
        return self.sightings.of_room(room_id)

    def nearest_cameras(
        self, room_id: str, n: int, among: Collection[CameraId] | None = None
    ) -> tuple[NearCamera, ...]:
        """Return the ``n`` best cameras for a room, best first.

        Cameras that see the room or one of its doors come before all others. Within both groups, the cameras with the
        shortest walking distance come first. Ties are broken by id. ``among`` limits the choice. Raises KeyError if the
        plan has no such room.
        """
        seen = {sighting.camera_id for sighting in self.seeing_room(room_id)}
        ranked = []
        for camera_id, number in self._number.items():
            if among is None or camera_id in among:
                ranked.append((camera_id not in seen, self.distances.to_room(number, room_id), camera_id))
        return tuple(NearCamera(found, _metres(way), not unseen) for unseen, way, found in sorted(ranked)[:n])

    def follow(self, camera_id: CameraId, among: Collection[CameraId] | None = None) -> tuple[Neighbour, ...]:
        """Return the next cameras along the hallways in each direction, the nearest first. Raises KeyError.

        A camera is next if no other camera is on the route to it. ``among`` limits the choice.
        """
        start, way = self._number[camera_id], self.distances.between
        others = [
            (way(start, number), found)
            for found, number in self._number.items()
            if found != camera_id and (among is None or found in among) and way(start, number) <= _FOLLOWED
        ]
        chosen: list[Neighbour] = []
        for length, found in sorted(others):
            end = self._number[found]
            if not any(self._lies_between(start, self._number[one.id], end) for one in chosen):
                chosen.append(Neighbour(found, round(self.distances.bearing(start, end), 1), round(length, 2)))
        return tuple(chosen)

    def entrances(self) -> tuple[Entrance, ...]:
        """Return all exterior doors in order around the buildings, clockwise as seen from above.

        The tour begins at the door that is nearest to the site's anchor, and continues at the nearest building.
        """
        left = [door for door in self.plan.doors if door.kind is DoorKind.EXTERIOR]
        at, tour = (0.0, 0.0), list[Door]()
        while left:
            first = min(left, key=lambda door: (distance(at, door.position), door.id))
            building = self.plan.floor(first.floor_id).building_id
            here = [door for door in left if self.plan.floor(door.floor_id).building_id == building]
            tour += _clockwise(here, first, self.plan.building(building).outline)
            left = [door for door in left if door not in here]
            at = tour[-1].position
        return tuple(
            Entrance(door.id, tuple(sighting.camera_id for sighting in self.seeing_door(door.id))) for door in tour
        )

    def nearest_entrance(self, room_id: str) -> str | None:
        """Return the exterior door with the shortest route to a room, or None. Numbered doors come first.

        Raises KeyError if the plan has no such room.
        """
        ways = self.distances.room_to_doors(room_id)
        found = [
            (not door.number, float(ways[number]), door.id)
            for number, door in enumerate(self.plan.doors)
            if door.kind is DoorKind.EXTERIOR and isfinite(ways[number])
        ]
        return min(found)[2] if found else None

    def unreachable_rooms(self) -> tuple[str, ...]:
        """Return the rooms that cannot be reached from the grounds through doors and stairs."""
        outside = self.walking.exterior_doors()
        return tuple(
            room.id
            for room in self.plan.rooms
            if not len(outside) or self.distances.room_to_doors(room.id)[outside].min() == inf
        )

    def cameras_within(self, shape: Polygon, floor_id: str | None = None) -> tuple[CameraId, ...]:
        """Return the cameras inside a drawn shape, on one floor or on all."""
        return tuple(
            camera.id
            for camera in self.plan.cameras
            if floor_id in (None, camera.floor_id) and shape.intersects(Spot(camera.position))
        )

    def _lies_between(self, start: int, middle: int, end: int) -> bool:
        way = self.distances.between
        first, second = way(start, middle), way(middle, end)
        return min(first, second) > _SAME_PLACE and first + second <= way(start, end) * _DETOUR + _SAME_PLACE


def _clockwise(doors: list[Door], first: Door, outline: Outline) -> list[Door]:
    ring = LinearRing(outline)
    length, sign = ring.length, -1 if ring.is_ccw else 1

    def along(door: Door) -> float:
        return float(ring.project(Spot(door.position)))

    return sorted(doors, key=lambda door: (sign * (along(door) - along(first)) % length, door.id))


def _metres(way: float) -> float | None:
    return round(way, 2) if isfinite(way) else None
