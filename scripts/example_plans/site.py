"""Collects the features of a school from measures in metres, and writes them as GeoJSON."""

import json
from typing import Any

from gateway.floorplan.geometry.places import unprojection
from gateway.floorplan.model import Point

DOORS = {
    "restroom-boys-1": "boys-1",
    "restroom-girls-1": "girls-1",
    "restroom-boys-2": "boys-2",
    "restroom-girls-2": "girls-2",
}
"""Doors whose names differ from those of their rooms."""
Box = tuple[float, float, float, float]
"""West, south, east and north, in metres from the anchor."""


class Site:
    """Collects the features of one school."""

    def __init__(self, name: str, anchor: Point) -> None:
        self.name = name
        self._degrees = unprojection(anchor)
        self._features: list[dict[str, Any]] = []

    def add(self, identifier: str, of_type: str, geometry: str, points: list[Point], **said: object) -> None:
        """Add a feature. Properties that are empty are left out."""
        at = [self._position(point) for point in points]
        coordinates: object = at[0] if geometry == "Point" else [at] if geometry == "Polygon" else at
        self._features.append(
            {
                "type": "Feature",
                "id": identifier if identifier == self.name else f"{self.name}-{identifier}",
                "properties": {"type": of_type}
                | {key: value for key, value in said.items() if value not in ("", None)},
                "geometry": {"type": geometry, "coordinates": coordinates},
            }
        )

    def point(self, identifier: str, of_type: str, at: Point, **said: object) -> None:
        """Add a feature at a point."""
        self.add(identifier, of_type, "Point", [at], **said)

    def area(self, identifier: str, of_type: str, corners: Box | list[Point], **said: object) -> None:
        """Add a rectangle, or a polygon by its corners."""
        ring = corners if isinstance(corners, list) else _corners(corners)
        self.add(identifier, of_type, "Polygon", [*ring, ring[0]], **said)

    def line(self, identifier: str, path: list[Point], **said: object) -> None:
        """Add a ground along a line."""
        self.add(identifier, "ground", "LineString", path, **said)

    def floor(self, identifier: str, building: str, level: int, outline: Box | list[Point], name: str) -> None:
        """Add a floor of a building."""
        self.area(identifier, "floor", outline, name=name, building=f"{self.name}-{building}", level=level)

    def room(self, identifier: str, floor: str, box: Box | list[Point], name: str, kind: str, **said: Any) -> None:
        """Add a room. ``windows`` is the number of its windows, which are numbered after the room."""
        number, count = said.get("number", ""), said.pop("windows", 0)
        windows = [f"{number}-W{index}" for index in range(1, count + 1)] or None
        joins = [f"{self.name}-{room}" for room in said.pop("joins", ())] or None
        floor = f"{self.name}-{floor}"
        self.area(
            f"room-{identifier}", "room", box, name=name, kind=kind, floor=floor, windows=windows, joins=joins, **said
        )

    def door(self, identifier: str, floor: str, at: Point, heading: int, name: str, **said: object) -> None:
        """Add an interior door, or an exterior one if it has a number."""
        kind = "exterior" if "number" in said else "interior"
        self.point(
            f"door-{identifier}",
            "door",
            at,
            name=name,
            kind=kind,
            floor=f"{self.name}-{floor}",
            heading=heading,
            **said,
        )

    def mark(self, identifier: str, kind: str, at: Point, name: str, floor: str = "", **said: object) -> None:
        """Add something that responders look for, on a floor or on the grounds."""
        on = f"{self.name}-{floor}" if floor else None
        self.point(identifier, "feature", at, kind=kind, name=name, floor=on, **said)

    def camera(
        self, identifier: str, floor: str, at: Point, look: tuple[int, int, int], room: str = "", **said: Any
    ) -> None:
        """Add a camera. ``look`` is its heading, angle of view and range."""
        heading, fov, reach = look
        where = f"{self.name}-room-{room}" if room else None
        on = f"{self.name}-{floor}"
        self.point(identifier, "camera", at, floor=on, room=where, heading=heading, fov=fov, range=reach, **said)

    def row(self, floor: str, start: float, band: tuple[float, float], rooms: list[tuple[Any, ...]]) -> None:
        """Add rooms side by side from west to east, each with a door to the hallway.

        A room is (id, width, name, kind, number, windows). ``band`` has the positions of the hallway's wall and the
        outside one.
        """
        hall, outside = band
        south, north = min(band), max(band)
        heading = 0 if outside < hall else 180
        west = start
        for identifier, width, name, kind, number, windows in rooms:
            east = west + width
            self.room(identifier, floor, (west, south, east, north), name, kind, number=number, windows=windows)
            if kind != "hallway":
                spoken = f"Door of {number}" if number and kind != "stairwell" else name
                key = f"room-{identifier}" if identifier[0].isdigit() else DOORS.get(identifier, identifier)
                self.door(key, floor, ((west + east) / 2, hall), heading, spoken)
            west = east

    def text(self) -> str:
        """Return the GeoJSON, with a line for each part of a feature."""
        blocks = []
        for feature in self._features:
            head = {key: feature[key] for key in ("type", "id")}
            lines = [f'      "{key}": {json.dumps(value)}' for key, value in head.items()]
            lines += [f'      "{key}": {_compact(feature[key])}' for key in ("properties", "geometry")]
            blocks.append("    {\n" + ",\n".join(lines) + "\n    }")
        return '{\n  "type": "FeatureCollection",\n  "features": [\n' + ",\n".join(blocks) + "\n  ]\n}\n"

    def _position(self, point: Point) -> list[float]:
        longitude, latitude = self._degrees(point)
        return [round(longitude, 7), round(latitude, 7)]


def _corners(box: Box) -> list[Point]:
    west, south, east, north = box
    return [(west, south), (east, south), (east, north), (west, north)]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def verifications(school: str, police: str) -> list[dict[str, str]]:
    """Return a walk-through by each side, on these days."""
    return [
        {"side": "school", "on": school, "by": "School coordinator 1", "how": "walk_through"},
        {"side": "police", "on": police, "by": "Sergeant 1, Riverbend Police", "how": "walk_through"},
    ]
