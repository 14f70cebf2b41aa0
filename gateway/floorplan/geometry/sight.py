"""Computes what a camera sees on its level: the part of its field of view that no wall hides. Pure.

Windows without ``see_through``, furniture and people are ignored, and so is the camera's height.
"""

from math import atan2, cos, degrees, hypot, radians

import numpy as np
import numpy.typing as npt
from shapely import Point as Spot
from shapely import Polygon, get_parts, make_valid, shortest_line
from shapely.geometry.base import BaseGeometry

from gateway.floorplan.geometry.places import beside
from gateway.floorplan.geometry.walls import Walls
from gateway.floorplan.model import PlacedCamera, Point

Numbers = npt.NDArray[np.float64]

_ARC_STEPS = 32
_PAST = 1e-5
"""Radians by which a ray passes a corner on either side."""
_HOLD = 1e-9
"""Fraction of its length by which each wall is extended, so that no ray slips between two walls that meet."""
_ON_THE_WALL = 0.7
"""An outdoor camera that is at most this many metres inside a building is on its wall, not in a room that is not drawn.
"""
_CLEAR = 0.15
"""A camera is assumed to look from this many metres away from the nearest wall, since cameras are drawn on their wall.
"""


def eye_of(camera: PlacedCamera, room: Polygon | None, buildings: BaseGeometry) -> Point:
    """Return where the camera looks from: its position, moved away from its wall into its room, or outdoors.

    ``buildings`` is everything that is indoors on the camera's level.
    """
    spot = Spot(camera.position)
    if room is None:
        built = buildings.buffer(_CLEAR, join_style="mitre")
        deep = built.boundary.distance(spot) > _ON_THE_WALL
        return camera.position if deep or not built.contains(spot) else _end(shortest_line(spot, built.boundary))
    inside = room.buffer(-_CLEAR)
    if inside.is_empty or inside.contains(spot):
        return camera.position
    return _end(shortest_line(spot, inside))


def field_of_view(camera: PlacedCamera, eye: Point | None = None) -> Polygon:
    """Return the sector that a camera looks at, ignoring walls. For 360 degrees it is a disc."""
    at = camera.position if eye is None else eye
    start = camera.heading - camera.fov / 2
    bearings = (start + camera.fov * step / _ARC_STEPS for step in range(_ARC_STEPS + 1))
    arc = [beside(at, bearing, camera.range_m) for bearing in bearings]
    return Polygon(arc if camera.fov == 360 else [at, *arc])


def cone_of(camera: PlacedCamera, eye: Point, walls: Walls) -> Polygon:
    """Return what the camera sees from ``eye``: its field of view, clipped by the walls of its level.

    Rays go to all corners and just past them, so between two neighbouring rays there is at most one wall. No polygons
    are intersected, since that fails where edges nearly coincide, as rays and walls do.
    """
    near = _within(walls, eye, camera.range_m)
    offsets = _offsets(camera, eye, near)
    angles = radians(camera.heading - camera.fov / 2) + offsets
    reach = np.minimum(_first_wall(near, eye, angles), _rim(camera, offsets))
    ends = np.column_stack([eye[0] + reach * np.sin(angles), eye[1] + reach * np.cos(angles)])
    seen = Polygon(ends if camera.fov == 360 else np.vstack([[eye], ends]))
    return seen if seen.is_valid else max(get_parts(make_valid(seen)), key=lambda part: float(part.area))


def off_axis(camera: PlacedCamera, eye: Point, target: Point) -> float:
    """Return the angle between the middle of the picture and a target, in degrees from 0 to 180."""
    bearing = degrees(atan2(target[0] - eye[0], target[1] - eye[1]))
    return abs((bearing - camera.heading + 180) % 360 - 180)


def _within(walls: Walls, eye: Point, range_m: float) -> Walls:
    """Return the walls that are within the range of the eye."""
    start, along = walls[:, :2], walls[:, 2:] - walls[:, :2]
    square = np.maximum((along**2).sum(axis=1), 1e-12)
    nearest = np.clip(((np.array(eye) - start) * along).sum(axis=1) / square, 0, 1)
    gap = start + nearest[:, None] * along - np.array(eye)
    return np.asarray(walls[(gap**2).sum(axis=1) <= range_m**2], dtype=np.float64)


def _offsets(camera: PlacedCamera, eye: Point, walls: Walls) -> Numbers:
    """Return the angles of all rays, in radians clockwise from the left edge of the picture."""
    corners = walls.reshape(-1, 2) - np.array(eye)
    width = radians(camera.fov)
    bearings = np.arctan2(corners[:, 0], corners[:, 1]) - radians(camera.heading - camera.fov / 2)
    offsets = np.mod(np.concatenate([bearings - _PAST, bearings, bearings + _PAST]), 2 * np.pi)
    arc = np.linspace(0, width, _ARC_STEPS + 1)
    return np.unique(np.concatenate([arc, offsets[offsets < width]]))


def _rim(camera: PlacedCamera, offsets: Numbers) -> Numbers:
    """Return how far the field of view reaches along each ray: to the chords of its arc."""
    step = radians(camera.fov) / _ARC_STEPS
    from_middle = offsets - (np.minimum(np.floor(offsets / step), _ARC_STEPS - 1) + 0.5) * step
    return np.asarray(camera.range_m * cos(step / 2) / np.cos(from_middle), dtype=np.float64)


def _first_wall(walls: Walls, eye: Point, angles: Numbers) -> Numbers:
    """Return the distance to the first wall along each ray, or infinity."""
    if not len(walls):
        return np.full(len(angles), np.inf)
    ray_x, ray_y = np.sin(angles)[:, None], np.cos(angles)[:, None]
    from_x, from_y = walls[:, 0] - eye[0], walls[:, 1] - eye[1]
    wall_x, wall_y = walls[:, 2] - walls[:, 0], walls[:, 3] - walls[:, 1]
    across = ray_x * wall_y - ray_y * wall_x
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (from_x * wall_y - from_y * wall_x) / across
        along = (from_x * ray_y - from_y * ray_x) / across
    hit = (np.abs(across) > 1e-12) & (distance > 1e-6) & (along >= -_HOLD) & (along <= 1 + _HOLD)
    return np.asarray(np.where(hit, distance, np.inf).min(axis=1), dtype=np.float64)


def _end(line: BaseGeometry) -> Point:
    x, y = line.coords[-1]
    return float(x), float(y)


def distance(one: Point, other: Point) -> float:
    """Return the straight distance between two points in metres."""
    return hypot(other[0] - one[0], other[1] - one[1])
