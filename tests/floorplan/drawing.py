"""Draws a small school in metres, as GeoJSON: two rooms south of a hallway, a lobby, and whatever cameras a test adds.

::

    y=14  +--------------------------+
          |          gym             |   (door to the hallway at x=10)
    y=12  |--------------------------|
          |  hallway                 |   x from 0 to 20, y from 8 to 12
    y=8   |--------+--------+--------|
          |  101   |  102   | lobby  |   lobby and hallway are open to each other
    y=0   +--------+--------+--------+
          0        8        16      20
"""

import math
from typing import Any

from pyproj import Geod

from gateway.floorplan.load import parse_plan
from gateway.floorplan.model import FloorPlan, Point

ANCHOR = (-89.612, 40.72)
_EARTH = Geod(ellps="WGS84")
Feature = dict[str, Any]


def degrees(x: float, y: float) -> list[float]:
    """Return (longitude, latitude) of a point ``x`` metres east and ``y`` metres north of the anchor (geodesic)."""
    longitude, latitude, _ = _EARTH.fwd(*ANCHOR, math.degrees(math.atan2(x, y)), math.hypot(x, y))
    return [longitude, latitude]


def point(identifier: str, at: Point, **properties: object) -> Feature:
    """Return a feature at a point, in metres."""
    geometry = {"type": "Point", "coordinates": degrees(*at)}
    return {"type": "Feature", "id": identifier, "properties": properties, "geometry": geometry}


def area(identifier: str, box: tuple[float, float, float, float], **properties: object) -> Feature:
    """Return a rectangular feature (west, south, east, north), in metres."""
    west, south, east, north = box
    ring = [degrees(x, y) for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south))]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "id": identifier, "properties": properties, "geometry": geometry}


def camera(identifier: str, at: Point, heading: float, **more: object) -> Feature:
    """Return a camera on the ground floor, by default with an angle of view of 90 degrees and a range of 15 metres."""
    properties = {"floor": "ground", "heading": heading, "fov": 90, "range": 15, **more}
    return point(identifier, at, type="camera", **properties)


def school(*more: Feature) -> dict[str, Any]:
    """Return the FeatureCollection of the small school, with ``more`` features."""
    whole = (0.0, 0.0, 20.0, 14.0)

    def room(identifier: str, box: tuple[float, float, float, float], kind: str, number: str = "") -> Feature:
        return area(identifier, box, type="room", name=identifier, number=number, kind=kind, floor="ground")

    features = [
        point("school", (0, 0), type="site", name="Small School", verified_on="2026-08-01"),
        area("house", whole, type="building", name="House"),
        area("ground", whole, type="floor", name="Ground floor", building="house", level=0),
        area("upper", whole, type="floor", name="Upper floor", building="house", level=1),
        room("101", (0, 0, 8, 8), "classroom", "101"),
        room("102", (8, 0, 16, 8), "classroom", "102"),
        room("lobby", (16, 0, 20, 8), "hallway"),
        room("hallway", (0, 8, 20, 12), "hallway"),
        room("room-gym", (0, 12, 20, 14), "gym"),
        point("door-101", (4, 8), type="door", name="Door of 101", kind="interior", floor="ground", heading=0),
        point("door-102", (12, 8), type="door", name="Door of 102", kind="interior", floor="ground", heading=0),
        point("door-gym", (10, 12), type="door", name="Gym doors", kind="interior", floor="ground", heading=180),
        point("door-1", (18, 0), type="door", name="Main", number="1", kind="exterior", floor="ground", heading=180),
        *more,
    ]
    return {"type": "FeatureCollection", "features": features}


def line(identifier: str, path: list[Point], **properties: object) -> Feature:
    """Return a feature along a line, in metres."""
    geometry = {"type": "LineString", "coordinates": [degrees(x, y) for x, y in path]}
    return {"type": "Feature", "id": identifier, "properties": properties, "geometry": geometry}


def surroundings() -> list[Feature]:
    """Return grounds, a gate, a window and things that stand outdoors, all with everything that a plan can say."""
    return [
        area("lot", (-30, -20, -5, 20), type="ground", kind="parking", name="Staff parking"),
        line("street", [(-60, -30), (60, -30)], type="ground", kind="road", name="School Street"),
        point(
            "gate-1", (-5, 0), type="gate", kind="vehicle", name="Front gate", number="G1", opens_by="fire key",
            override_reader=True,
        ),
        point("window-1", (2, 0), type="window", number="101-W1", floor="ground", heading=180, width=2),
        point("meet", (-40, 0), type="feature", kind="reunification_point", name="Church across the lot"),
        point(
            "locker", (18, 7), type="feature", kind="supply_locker", name="Emergency locker", floor="ground",
            contents=["keys", "bolt cutters"], checked_on="2026-08-01",
        ),
    ]  # fmt: skip


def plan(*more: Feature) -> FloorPlan:
    """Return the small school as a loaded plan."""
    return parse_plan(school(*more), "small.geojson")
