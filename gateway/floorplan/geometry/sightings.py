"""Tells which cameras see a point, a door or a room, the best one first. Pure.

A camera sees a room if it sees a good part of its floor, or one of its doors, since anyone who enters or leaves is then
in its picture.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shapely import Point as Spot
from shapely import Polygon, STRtree, unary_union

from gateway.floorplan.geometry.places import RoomFinder
from gateway.floorplan.geometry.sight import cone_of, distance, eye_of, off_axis
from gateway.floorplan.geometry.walls import Walls, walls_by_level
from gateway.floorplan.model import Door, FloorPlan, PlacedCamera, Point, Room
from gateway.models import CameraId

_DOOR = 0.3
"""A door this many metres from a cone or less is in the picture, since doors are drawn on the wall that ends the
cone."""
_WALL = 0.5
"""A door belongs to a room if it is at most this many metres from the room's outline."""
_ENOUGH = 1.0
"""Square metres of a room that a camera must see for a person there to be in its picture."""
_EDGE_COST = 0.5
"""The amount by which the edge of a picture is worse than its middle, as a fraction of the camera's range."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Tells how well a camera sees something.

    ``distance_m`` and ``off_axis`` (degrees from the middle of the picture) are those of the nearest thing seen: the
    point, the door, or the middle of what is seen of the room. ``share`` is the part of the room's floor that is seen,
    from 0 to 1, and 0 for points and doors.
    """

    camera_id: CameraId
    distance_m: float
    off_axis: float
    share: float


class Sightings:
    """Holds the cones of all cameras, and what each of them sees."""

    def __init__(self, plan: FloorPlan, finder: RoomFinder) -> None:
        self.walls: Mapping[int, Walls] = walls_by_level(plan)
        self._levels = {floor.id: floor.level for floor in plan.floors}
        self._cameras = {camera.id: camera for camera in plan.cameras}
        rooms = {room.id: Polygon(room.outline) for room in plan.rooms}
        indoors = {
            level: unary_union([Polygon(floor.outline) for floor in plan.floors if floor.level == level])
            for level in set(self._levels.values())
        }
        self.eyes: dict[CameraId, Point] = {}
        self.cones: dict[CameraId, Polygon] = {}
        for camera in plan.cameras:
            level = self._levels[camera.floor_id]
            eye = eye_of(camera, rooms.get(camera.room_id or ""), indoors[level])
            self.eyes[camera.id] = eye
            self.cones[camera.id] = cone_of(camera, eye, self.walls[level])
        self._trees = {level: self._tree(level) for level in indoors}
        self._doors = {door.id: door for door in plan.doors}
        self._doors_of: dict[str, list[Door]] = {room.id: [] for room in plan.rooms}
        for door in plan.doors:
            for room in _rooms_of(door, finder):
                self._doors_of[room.id].append(door)
        self._of_door = {door.id: self._ranked(self._at(door.floor_id, door.position, _DOOR)) for door in plan.doors}
        self._of_room = {room.id: self._ranked(self._in_room(room, rooms[room.id])) for room in plan.rooms}

    def of_point(self, floor_id: str, point: Point) -> tuple[Sighting, ...]:
        """Return the cameras that see a point of a floor, best first."""
        return self._ranked(self._at(floor_id, point, 0))

    def of_door(self, door_id: str) -> tuple[Sighting, ...]:
        """Return the cameras that see a door, best first. Raises KeyError."""
        return self._of_door[door_id]

    def of_room(self, room_id: str) -> tuple[Sighting, ...]:
        """Return the cameras that see a room or one of its doors, best first. Raises KeyError."""
        return self._of_room[room_id]

    def _tree(self, level: int) -> tuple[STRtree, list[CameraId]]:
        ids = [camera.id for camera in self._cameras.values() if self._levels[camera.floor_id] == level]
        return STRtree([self.cones[camera_id] for camera_id in ids]), ids

    def _at(self, floor_id: str, point: Point, within: float) -> Iterator[Sighting]:
        tree, ids = self._trees[self._levels[floor_id]]
        for index in tree.query(Spot(point), predicate="dwithin", distance=within):
            yield self._sighting(ids[index], point, 0.0)

    def _in_room(self, room: Room, shape: Polygon) -> Iterator[Sighting]:
        seen: dict[CameraId, Sighting] = {}
        for door in self._doors_of[room.id]:
            for sighting in self._of_door[door.id]:
                known = seen.get(sighting.camera_id)
                if known is None or self._cost(sighting) < self._cost(known):
                    seen[sighting.camera_id] = sighting
        tree, ids = self._trees[self._levels[room.floor_id]]
        for index in tree.query(shape, predicate="intersects"):
            part = self.cones[ids[index]].intersection(shape)
            if part.area >= min(_ENOUGH, shape.area / 2):
                middle = part.representative_point()
                seen[ids[index]] = self._sighting(ids[index], (middle.x, middle.y), part.area / shape.area)
        yield from seen.values()

    def _sighting(self, camera_id: CameraId, point: Point, share: float) -> Sighting:
        eye = self.eyes[camera_id]
        angle = off_axis(self._cameras[camera_id], eye, point)
        return Sighting(camera_id, round(distance(eye, point), 2), round(angle, 1), round(share, 3))

    def _ranked(self, found: Iterator[Sighting]) -> tuple[Sighting, ...]:
        return tuple(sorted(found, key=lambda sighting: (self._cost(sighting), sighting.camera_id)))

    def _cost(self, sighting: Sighting) -> float:
        """Return how bad a picture is: its distance as a fraction of the camera's range, more at the picture's edge,
        and less if it shows much of a room.
        """
        camera: PlacedCamera = self._cameras[sighting.camera_id]
        edge = sighting.off_axis / (camera.fov / 2)
        return sighting.distance_m / camera.range_m + _EDGE_COST * edge - sighting.share


def _rooms_of(door: Door, finder: RoomFinder) -> list[Room]:
    """Return the rooms into which a door opens."""
    sides = [finder.beside(door.floor_id, door.position, door.heading + turn) for turn in (0, 180)]
    found = [room for room in sides if room is not None]
    return found or finder.around(door.floor_id, door.position, _WALL)
