"""Projects positions to metres and back, and finds the room at a position. Pure."""

from collections.abc import Callable, Collection
from math import cos, radians, sin

from pyproj import Transformer
from shapely import Point as Spot
from shapely import Polygon

from gateway.floorplan.model import Outline, Point, Room

_INSIDE = 0.6
"""Metres from the middle of a wall at which a room has certainly begun."""


def projection(anchor: Point) -> Callable[[Point], Point]:
    """Return the projection from (longitude, latitude) in WGS84 degrees to metres (east, north) of ``anchor``.

    It is azimuthal equidistant on the ellipsoid, so distances and bearings from the anchor are true.
    """
    return _converter(Transformer.from_crs("EPSG:4326", _local(anchor), always_xy=True))


def unprojection(anchor: Point) -> Callable[[Point], Point]:
    """Return the inverse of ``projection``: from metres to (longitude, latitude)."""
    return _converter(Transformer.from_crs(_local(anchor), "EPSG:4326", always_xy=True))


def room_at(rooms: Collection[Room], floor_id: str, position: Point) -> Room | None:
    """Return the room of a floor in which a position lies, or None."""
    spot = Spot(position)
    return next((r for r in rooms if r.floor_id == floor_id and Polygon(r.outline).intersects(spot)), None)


def room_behind(rooms: Collection[Room], floor_id: str, position: Point, heading: float) -> str | None:
    """Return the id of the room behind a door or window whose way out is ``heading``, or None."""
    found = room_at(rooms, floor_id, beside(position, heading, -_INSIDE))
    return found.id if found else None


def beside(position: Point, heading: float, metres: float) -> Point:
    """Return the point ``metres`` from ``position`` in the direction of ``heading``, in degrees from true north."""
    return position[0] + metres * sin(radians(heading)), position[1] + metres * cos(radians(heading))


def label_point(outline: Outline) -> Point:
    """Return a point inside the outline: the centroid if that is inside."""
    shape = Polygon(outline)
    spot = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    return float(spot.x), float(spot.y)


def _local(anchor: Point) -> str:
    longitude, latitude = anchor
    return f"+proj=aeqd +lat_0={latitude!r} +lon_0={longitude!r} +datum=WGS84 +units=m"


def _converter(transformer: Transformer) -> Callable[[Point], Point]:
    def convert(position: Point) -> Point:
        x, y = transformer.transform(*position)
        return float(x), float(y)

    return convert
