"""Computes positions and what cameras can see, in metres. Pure: shapely and pyproj compute, and nothing is read.

Line of sight uses only the walls in the plan. A camera sees along straight lines within its own room. A camera in a
hallway sees into all hallways that touch, since those are drawn as open to each other. A camera outdoors sees whatever
no building hides.

A camera counts as seeing another room if it sees one of that room's doors, since anyone who enters or leaves is then in
its picture. Windows, furniture and open doors are ignored.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import cos, radians, sin

from shapely import LineString, Polygon, unary_union
from shapely import Point as Spot
from shapely.geometry.base import BaseGeometry

from gateway.floorplan.kinds import RoomKind
from gateway.floorplan.model import FloorPlan, PlacedCamera, Point, Room
from gateway.models import CameraId

_WALL = 0.5
"""Metres between a room's outline and a door within which the door belongs to the room."""
_ARC_STEPS = 32


@dataclass(frozen=True, slots=True)
class NearCamera:
    """Names a camera near a room. The distance is from the room's outline to the camera, in metres. It is 0 for a
    camera inside the room."""

    id: CameraId
    distance_m: float
    sees_room: bool


def field_of_view(camera: PlacedCamera) -> Polygon:
    """Return the sector that a camera looks at, ignoring walls. For 360 degrees it is a disc."""
    start = camera.heading - camera.fov / 2
    bearings = (radians(start + camera.fov * step / _ARC_STEPS) for step in range(_ARC_STEPS + 1))
    x, y = camera.position
    arc = [(x + camera.range_m * sin(bearing), y + camera.range_m * cos(bearing)) for bearing in bearings]
    return Polygon(arc if camera.fov == 360 else [camera.position, *arc])


def sees_room(plan: FloorPlan, camera: PlacedCamera, room: Room) -> bool:
    """Return True if the camera has the room, or one of its doors, in its picture, by the rules at the top of this
    module."""
    if camera.floor_id != room.floor_id:
        return False
    if camera.room_id == room.id:
        return True
    sector = field_of_view(camera)
    clear = _clear_lines(plan, camera)
    if any(sector.intersects(Spot(door).buffer(_WALL)) and clear(door) for door in _doors_of(plan, room)):
        return True
    own = plan.room(camera.room_id) if camera.room_id else None
    if own and own.kind is room.kind is RoomKind.HALLWAY:
        seen = sector.intersection(Polygon(room.outline))
        return not seen.is_empty and clear(_point(seen.representative_point()))
    return False


def nearest_cameras(
    plan: FloorPlan, room_id: str, n: int, among: Collection[CameraId] | None = None
) -> tuple[NearCamera, ...]:
    """Return the ``n`` best cameras for a room, best first.

    Cameras on the room's floor come before those on other floors, then cameras that see the room, then the nearest.
    Ties are broken by id. ``among`` limits the choice. Raises KeyError if the plan has no such room.
    """
    room = plan.room(room_id)
    shape = Polygon(room.outline)
    ranked = []
    for camera in plan.cameras:
        if among is not None and camera.id not in among:
            continue
        distance = float(shape.distance(Spot(camera.position)))
        near = NearCamera(camera.id, round(distance, 2), sees_room(plan, camera, room))
        ranked.append(((_storeys_away(plan, camera, room), not near.sees_room, near.distance_m, near.id), near))
    return tuple(near for _, near in sorted(ranked)[:n])


def _storeys_away(plan: FloorPlan, camera: PlacedCamera, room: Room) -> tuple[bool, int]:
    own, other = plan.floor(camera.floor_id), plan.floor(room.floor_id)
    return own.building_id != other.building_id, abs(own.level - other.level)


def _doors_of(plan: FloorPlan, room: Room) -> list[Point]:
    wall = Polygon(room.outline).boundary
    return [
        door.position
        for door in plan.doors
        if door.floor_id == room.floor_id and wall.distance(Spot(door.position)) <= _WALL
    ]


def _clear_lines(plan: FloorPlan, camera: PlacedCamera) -> Callable[[Point], bool]:
    """Return a function that returns True if nothing in the plan stands between the camera and a point."""
    if camera.room_id is None:
        walls = unary_union(
            [Polygon(floor.outline) for floor in plan.floors if floor.level == plan.floor(camera.floor_id).level]
        )
        solid = walls.buffer(-_WALL)
        return lambda point: not solid.intersects(LineString([camera.position, point]))
    space = _open_space(plan, plan.room(camera.room_id)).buffer(_WALL)
    return lambda point: bool(space.covers(LineString([camera.position, point])))


def _open_space(plan: FloorPlan, room: Room) -> BaseGeometry:
    own = Polygon(room.outline)
    if room.kind is not RoomKind.HALLWAY:
        return own
    halls = [
        Polygon(r.outline).buffer(0.05)
        for r in plan.rooms
        if r.kind is RoomKind.HALLWAY and r.floor_id == room.floor_id
    ]
    joined = unary_union(halls)
    return next(part for part in getattr(joined, "geoms", [joined]) if part.intersects(own))


def _point(spot: Spot) -> Point:
    return float(spot.x), float(spot.y)
