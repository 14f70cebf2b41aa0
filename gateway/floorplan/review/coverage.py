"""Computes which parts of a plan no camera, one camera, or several cameras see. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from shapely import Polygon, unary_union
from shapely.geometry.base import BaseGeometry

from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.model import Floor, Room
from gateway.models import CameraId


@dataclass(frozen=True, slots=True)
class RoomCoverage:
    """Says which fraction of a room's floor is seen, and which is seen by several cameras, from 0 to 1.

    ``cameras`` are those that see the room or one of its doors, best first. ``door_only`` means that they only show who
    enters and leaves.
    """

    room: Room
    seen: float
    twice: float
    cameras: tuple[CameraId, ...]

    @property
    def door_only(self) -> bool:
        """True if no camera sees a good part of the room, but one sees its door."""
        return bool(self.cameras) and self.seen < _GOOD


_GOOD = 0.05
"""If a camera sees a smaller fraction of a room than this, it only looks in through the door."""


@dataclass(frozen=True, slots=True)
class FloorCoverage:
    """Holds the parts of a floor that are seen: shapes in metres, and its rooms."""

    floor: Floor
    seen: BaseGeometry
    twice: BaseGeometry
    rooms: tuple[RoomCoverage, ...]

    @property
    def seen_share(self) -> float:
        """The part of the floor that is seen, from 0 to 1."""
        return _share(self.seen, Polygon(self.floor.outline))

    @property
    def twice_share(self) -> float:
        """The part of the floor that two or more cameras see, from 0 to 1."""
        return _share(self.twice, Polygon(self.floor.outline))


def coverage(geometry: Geometry) -> tuple[FloorCoverage, ...]:
    """Return the coverage of every floor, from the lowest up, building by building."""
    plan = geometry.plan
    return tuple(_floor(geometry, floor) for floor in plan.stacked_floors)


def _floor(geometry: Geometry, floor: Floor) -> FloorCoverage:
    plan = geometry.plan
    outline = Polygon(floor.outline)
    levels = {one.id: one.level for one in plan.floors}
    cones = [geometry.cone(camera.id) for camera in plan.cameras if levels[camera.floor_id] == floor.level]
    parts = [cone.intersection(outline) for cone in cones if cone.intersects(outline)]
    seen, twice = unary_union(parts), _twice(parts)
    rooms = [room for room in plan.rooms if room.floor_id == floor.id]
    return FloorCoverage(floor, seen, twice, tuple(_room(geometry, room, seen, twice) for room in rooms))


def _room(geometry: Geometry, room: Room, seen: BaseGeometry, twice: BaseGeometry) -> RoomCoverage:
    shape = Polygon(room.outline)
    cameras = tuple(sighting.camera_id for sighting in geometry.seeing_room(room.id))
    return RoomCoverage(room, _share(seen, shape), _share(twice, shape), cameras)


def _twice(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    once, twice = Polygon(), list[BaseGeometry]()
    for part in parts:
        if once.intersects(part):
            twice.append(once.intersection(part))
        once = once.union(part)
    return unary_union(twice) if twice else Polygon()


def _share(seen: BaseGeometry, shape: Polygon) -> float:
    return float(seen.intersection(shape).area / shape.area)
