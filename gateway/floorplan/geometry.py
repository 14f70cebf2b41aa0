"""Where things are and what cameras see of them, in metres. Pure: shapely and pyproj compute, nothing is read.

Line of sight. Walls are those of the plan: a camera sees along straight lines inside its own room, or, when it hangs
in a hallway, inside all hallways that touch (they are drawn as open to each other); outdoors it sees whatever no
building stands before.
Of another room it counts as seeing when it sees one of that room's doors, since who goes in or comes out is in its
picture. Windows, furniture and open doors are not considered.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import cos, radians, sin

from pyproj import Transformer
from shapely import LineString, Polygon, unary_union
from shapely import Point as Spot
from shapely.geometry.base import BaseGeometry

from gateway.floorplan.model import FloorPlan, Outline, PlacedCamera, Point, Room, RoomKind
from gateway.models import CameraId

_WALL = 0.5
"""Metres: how far from a room's outline a door may be drawn and still be that room's."""
_ARC_STEPS = 32


@dataclass(frozen=True, slots=True)
class NearCamera:
    """A camera near a room: metres from it in the plan to the room's outline, 0 inside."""

    id: CameraId
    distance_m: float
    sees_room: bool


def projection(anchor: Point) -> Callable[[Point], Point]:
    """(longitude, latitude) in WGS84 degrees to metres (east, north) of ``anchor``: azimuthal equidistant on the
    ellipsoid, so that distances and bearings from the anchor are true."""
    longitude, latitude = anchor
    local = f"+proj=aeqd +lat_0={latitude!r} +lon_0={longitude!r} +datum=WGS84 +units=m"
    transformer = Transformer.from_crs("EPSG:4326", local, always_xy=True)

    def project(position: Point) -> Point:
        x, y = transformer.transform(*position)
        return float(x), float(y)

    return project


def field_of_view(camera: PlacedCamera) -> Polygon:
    """The sector that a camera looks at, walls left out; a disc for 360 degrees."""
    start = camera.heading - camera.fov / 2
    bearings = (radians(start + camera.fov * step / _ARC_STEPS) for step in range(_ARC_STEPS + 1))
    x, y = camera.position
    arc = [(x + camera.range_m * sin(bearing), y + camera.range_m * cos(bearing)) for bearing in bearings]
    return Polygon(arc if camera.fov == 360 else [camera.position, *arc])


def sees_room(plan: FloorPlan, camera: PlacedCamera, room: Room) -> bool:
    """Whether the camera has the room, or one of its doors, in its picture. See the module's docstring."""
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
    """The ``n`` cameras to look at for a room, best first: those of its floor before those of others, then those that
    see it, then the nearest; equal ones by id. ``among`` leaves out all other cameras. Raises KeyError for a room
    that the plan does not have."""
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


def room_at(rooms: Collection[Room], floor_id: str, position: Point) -> Room | None:
    """The room of a floor that a position lies in."""
    spot = Spot(position)
    return next((r for r in rooms if r.floor_id == floor_id and Polygon(r.outline).intersects(spot)), None)


def label_point(outline: Outline) -> Point:
    """A point inside the outline, its centroid where that lies inside."""
    shape = Polygon(outline)
    return _point(shape.centroid if shape.contains(shape.centroid) else shape.representative_point())


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
    """Whether nothing of the plan stands between the camera and a point."""
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
