"""Projects positions to metres and back, and finds the room at a position. Pure."""

from collections.abc import Callable, Iterable, Iterator
from math import cos, radians, sin

from pyproj import Transformer
from shapely import Point as Spot
from shapely import Polygon, STRtree

from gateway.floorplan.model import Outline, Point, Room

_INSIDE = 0.6
"""A point this many metres from the middle of a wall is certainly inside a room."""


def projection(anchor: Point) -> Callable[[Point], Point]:
    """Return the projection from (longitude, latitude) in WGS84 degrees to metres (east, north) of ``anchor``.

    It is azimuthal equidistant on the ellipsoid, so distances and bearings from the anchor are true.
    """
    return _converter(Transformer.from_crs("EPSG:4326", _local(anchor), always_xy=True))


def unprojection(anchor: Point) -> Callable[[Point], Point]:
    """Return the inverse of ``projection``: from metres to (longitude, latitude)."""
    return _converter(Transformer.from_crs(_local(anchor), "EPSG:4326", always_xy=True))


class RoomFinder:
    """Finds the room at a position of a floor."""

    def __init__(self, rooms: Iterable[Room]) -> None:
        by_floor: dict[str, list[Room]] = {}
        for room in rooms:
            by_floor.setdefault(room.floor_id, []).append(room)
        self._floors = {
            floor_id: (STRtree([Polygon(room.outline) for room in found]), found)
            for floor_id, found in by_floor.items()
        }

    def at(self, floor_id: str, position: Point) -> Room | None:
        """Return the room in which a position lies, or None. On a wall, it is the room that was drawn first."""
        return next(self._near(floor_id, position, 0), None)

    def beside(self, floor_id: str, position: Point, heading: float) -> Room | None:
        """Return the room that begins at a wall in the direction of ``heading``, or None."""
        return self.at(floor_id, beside(position, heading, _INSIDE))

    def around(self, floor_id: str, position: Point, metres: float) -> list[Room]:
        """Return the rooms within a distance of a position."""
        return list(self._near(floor_id, position, metres))

    def _near(self, floor_id: str, position: Point, metres: float) -> Iterator[Room]:
        if floor_id in self._floors:
            tree, rooms = self._floors[floor_id]
            for index in sorted(tree.query(Spot(position), predicate="dwithin", distance=metres)):
                yield rooms[index]


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
