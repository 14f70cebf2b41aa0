"""Writes the example's floor plans from measures in metres: ``python -m scripts.example_plans``.

Districts draw their plans in an editor or a GIS program. The two examples are invented, and a script can keep their
walls straight and their numbers in order. A test compares the files with what this script writes.
"""

import json
from pathlib import Path
from typing import Any

from gateway.floorplan.geometry.places import unprojection
from gateway.floorplan.model import Point

PLANS = Path(__file__).parent.parent / "config" / "plans"
DOORS = {
    "restroom-boys-1": "boys-1",
    "restroom-girls-1": "girls-1",
    "restroom-boys-2": "boys-2",
    "restroom-girls-2": "girls-2",
}
"""Doors that are named otherwise than their rooms."""
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

        A room is (id, width, name, kind, number, windows). ``band`` is the wall at the hallway and the one outside.
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


def lincoln() -> Site:
    """Return Lincoln Middle School: two storeys along one hallway, and a wing with gym, cafeteria and music."""
    site = Site("lincoln", (-89.612, 40.72))
    site.point(
        "lincoln", "site", (0, 0), name="Lincoln Middle School", address="400 Lincoln Avenue, Riverbend",
        verifications=verifications("2026-08-17", "2026-08-19"),
    )  # fmt: skip
    _lincoln_grounds(site)
    bar: Box = (-60, 0, 30, 22)
    whole: list[Point] = [(-60, 0), (30, 0), (30, -14), (64, -14), (64, 40), (20, 40), (20, 22), (-60, 22)]
    site.area("main", "building", whole, name="Main building")
    _lincoln_ground_floor(site, whole)
    _lincoln_wing(site)
    _lincoln_upper_floor(site, bar)
    _lincoln_cameras(site)
    return site


def _lincoln_ground_floor(site: Site, whole: list[Point]) -> None:
    floor = "floor-1"
    site.floor(floor, "main", 0, whole, "Floor 1")
    site.room("main-hallway", floor, (-60, 9, 30, 13), "Main hallway", "hallway")
    south = [
        ("stair-a", 6, "Stair A", "stairwell", "A", 0),
        ("101", 9, "Classroom 101", "classroom", "101", 2),
        ("102", 9, "Classroom 102", "classroom", "102", 2),
        ("103", 9, "Classroom 103", "classroom", "103", 2),
        ("116", 9, "Classroom 116", "classroom", "116", 2),
        ("117", 4, "Custodian", "storage", "117", 0),
        ("118", 9, "Counseling", "office", "118", 2),
        ("lobby", 10, "Main lobby", "hallway", "", 0),
        ("100", 9, "Main office", "office", "100", 2),
        ("104", 4, "Nurse", "office", "104", 1),
        ("105", 6, "Principal", "office", "105", 1),
        ("119", 6, "Conference room", "office", "119", 1),
    ]
    north = [
        ("106", 9, "Classroom 106", "classroom", "106", 2),
        ("107", 9, "Classroom 107", "classroom", "107", 2),
        ("108", 9, "Art room", "classroom", "108", 2),
        ("restroom-boys-1", 4, "Boys", "restroom", "B1", 0),
        ("restroom-girls-1", 4, "Girls", "restroom", "G1", 0),
        ("stair-b", 6, "Stair B", "stairwell", "B", 0),
        ("109", 9, "Science lab", "classroom", "109", 2),
        ("120", 6, "Science preparation", "storage", "120", 0),
        ("121", 9, "Science lab 2", "classroom", "121", 2),
        ("122", 3, "Staff restroom", "restroom", "122", 0),
        ("123", 3, "Server room", "utility", "123", 0),
        ("mechanical", 9, "Mechanical room", "utility", "110", 0),
        ("124", 10, "Student services", "office", "124", 0),
    ]
    site.row(floor, -60, (9, 0), south)
    site.row(floor, -60, (13, 22), north)
    credential = {"override_reader": True, "opens_by": "Fire department key, staff card"}
    site.door("1", floor, (0, 0), 180, "Main entrance", number="1", glass=True, width=2, **credential)
    site.door("2", floor, (-60, 11), 270, "West door", number="2", width=2, **credential)
    site.door("3", floor, (-57, 0), 180, "Stair A outside door", number="3", opens_by="Staff card")
    site.door("8", floor, (-22, 22), 0, "Stair B outside door", number="8", opens_by="Staff card")
    site.door("9", floor, (16, 22), 0, "Mechanical room, outside", number="9", width=2, opens_by="Custodian's key")
    site.door("124-office", floor, (30, 4), 90, "Conference room to the gym hallway")
    site.mark("key-box-main", "key_box", (2.2, -0.4), "Key box, right of door 1", floor)
    site.mark(
        "supply-locker", "supply_locker", (-4.3, 8.2), "Emergency locker, main lobby", floor, checked_on="2026-08-17",
        contents=["master keys", "bolt cutters", "breaching tool", "floor plans", "trauma kit", "door wedges"],
    )  # fmt: skip
    site.mark("fire-panel", "fire_panel", (-4.4, 1.2), "Fire alarm panel", floor)
    site.mark("alarm-panel", "alarm_panel", (5.8, 7.8), "Intrusion alarm panel, main office", floor)
    site.mark("aed-lobby", "aed", (4.4, 5), "AED, lobby", floor, checked_on="2026-08-01")
    site.mark("trauma-office", "trauma_kit", (6, 1.4), "Trauma kit, main office", floor, checked_on="2026-08-01")
    site.mark("extinguisher-main", "extinguisher", (-34, 12.6), "Extinguisher, main hallway", floor)
    site.mark("elevator", "elevator", (-13.2, 7.6), "Elevator, beside counseling", floor)
    site.mark("electric-shutoff", "electric_shutoff", (12.5, 20.6), "Main electric switch", floor)
    site.mark("gas-shutoff", "gas_shutoff", (12, 22.5), "Gas shut-off, outside wall", floor)
    site.mark("water-shutoff", "water_shutoff", (19, 14), "Water shut-off", floor)
    site.mark("hazard-science", "hazard", (-7, 19.5), "Chemical cabinet, 120", floor, hazard="acids and solvents")
    site.mark("dead-spot-1", "radio_dead_spot", (15, 17.5), "Radio fails in the mechanical room", floor)


def _lincoln_wing(site: Site) -> None:
    floor = "floor-1"
    site.room("gym-hallway", floor, (30, -14, 34, 40), "Gym hallway", "hallway")
    site.room("cafeteria", floor, (34, -14, 54, 2), "Cafeteria", "cafeteria", number="111", windows=4)
    site.room("kitchen", floor, (54, -14, 64, 2), "Kitchen", "kitchen", number="112", windows=1)
    site.room("locker-boys", floor, (34, 2, 44, 7), "Boys' lockers", "locker_room", number="113")
    site.room("locker-girls", floor, (44, 2, 54, 7), "Girls' lockers", "locker_room", number="114")
    site.room("129", floor, (54, 2, 59, 7), "Coaches", "office", number="129")
    site.room("128", floor, (59, 2, 64, 7), "Gym storage", "storage", number="128")
    site.room("gym", floor, (34, 7, 64, 29), "Gym", "gym", number="115", windows=6)
    site.room("125", floor, (34, 29, 50, 40), "Band room", "classroom", number="125", windows=3, use="music")
    site.room("131", floor, (50, 29, 64, 40), "Music storage", "storage", number="131")
    site.room("126", floor, (20, 29, 30, 40), "Chorus room", "classroom", number="126", windows=2, use="music")
    site.room("130", floor, (20, 22, 30, 29), "Receiving", "storage", number="130")
    site.door("cafeteria", floor, (34, -6), 270, "Cafeteria doors", width=4, normally_open=True)
    site.door("kitchen", floor, (54, -4), 270, "Kitchen, from the cafeteria", width=1.2)
    site.door("locker-boys", floor, (34, 4.5), 270, "Boys' lockers")
    site.door("locker-girls", floor, (49, 7), 0, "Girls' lockers, from the gym")
    site.door("129", floor, (56.5, 7), 0, "Coaches, from the gym")
    site.door("128", floor, (61.5, 7), 0, "Gym storage", width=2)
    site.door("gym", floor, (34, 18), 270, "Gym doors", width=3.6)
    site.door("125", floor, (34, 34), 270, "Door of 125", width=2)
    site.door("131", floor, (50, 34), 270, "Door of 131", width=2)
    site.door("126", floor, (30, 34.5), 90, "Door of 126")
    site.door("130", floor, (30, 25.5), 90, "Receiving", width=2)
    credential = {"override_reader": True, "opens_by": "Fire department key, staff card"}
    site.door("4", floor, (32, 40), 0, "Gym hallway north", number="4", width=2, **credential)
    site.door("5", floor, (64, 18), 90, "Gym east door", number="5", width=3.6, **credential)
    site.door("6", floor, (64, -6), 90, "Kitchen delivery", number="6", width=2, opens_by="Kitchen key")
    site.door("7", floor, (32, -14), 180, "Gym hallway south", number="7", width=2, glass=True, **credential)
    site.door("10", floor, (20, 25.5), 270, "Receiving dock", number="10", width=3, opens_by="Custodian's key")
    site.mark("key-box-gym", "key_box", (64.4, 21), "Key box, beside door 5", floor)
    site.mark(
        "supply-locker-gym", "supply_locker", (33.4, 9), "Emergency locker, gym hallway", floor,
        checked_on="2026-08-17",
        contents=["master keys", "bolt cutters", "breaching tool", "floor plans", "trauma kit"],
    )  # fmt: skip
    site.mark("aed-gym", "aed", (34.8, 21), "AED, gym", floor, checked_on="2026-08-01")
    site.mark("aed-cafeteria", "aed", (53.2, 1), "AED, cafeteria", floor, checked_on="2026-08-01")
    site.mark("trauma-gym", "trauma_kit", (35, 8), "Trauma kit, gym", floor, checked_on="2026-08-01")
    site.mark("trauma-cafeteria", "trauma_kit", (35, 1), "Trauma kit, cafeteria", floor, checked_on="2026-08-01")
    site.mark("extinguisher-kitchen", "extinguisher", (55, -1), "Extinguisher, kitchen", floor)
    site.mark("hazard-kitchen", "hazard", (62.5, -12), "Gas ranges, kitchen", floor, hazard="natural gas")
    site.mark("roof-access", "roof_access", (21, 23), "Ladder to the roof, receiving", floor)


def _lincoln_upper_floor(site: Site, bar: Box) -> None:
    floor = "floor-2"
    site.floor(floor, "main", 1, bar, "Floor 2")
    site.room("upper-hallway", floor, (-60, 9, 30, 13), "Upper hallway", "hallway")
    south = [
        ("stair-a-2", 6, "Stair A", "stairwell", "A", 0),
        ("201", 9, "Classroom 201", "classroom", "201", 2),
        ("202", 9, "Classroom 202", "classroom", "202", 2),
        ("203", 9, "Classroom 203", "classroom", "203", 2),
        ("211", 9, "Classroom 211", "classroom", "211", 2),
        ("212", 4, "Custodian", "storage", "212", 0),
        ("213", 9, "Classroom 213", "classroom", "213", 2),
        ("204", 19, "Library", "library", "204", 4),
        ("205", 10, "Computer lab", "classroom", "205", 2),
        ("214", 6, "Teachers' workroom", "office", "214", 1),
    ]
    north = [
        ("206", 9, "Classroom 206", "classroom", "206", 2),
        ("207", 9, "Classroom 207", "classroom", "207", 2),
        ("208", 9, "Classroom 208", "classroom", "208", 2),
        ("restroom-boys-2", 4, "Boys", "restroom", "B2", 0),
        ("restroom-girls-2", 4, "Girls", "restroom", "G2", 0),
        ("stair-b-2", 6, "Stair B", "stairwell", "B", 0),
        ("209", 9, "Classroom 209", "classroom", "209", 2),
        ("215", 6, "Tutoring", "office", "215", 1),
        ("216", 9, "Science lab 3", "classroom", "216", 2),
        ("217", 8, "Staff lounge", "other", "217", 1),
        ("210", 9, "Music room", "classroom", "210", 2),
        ("218", 8, "Electrical room", "utility", "218", 0),
    ]
    site.row(floor, -60, (9, 0), south)
    site.row(floor, -60, (13, 22), north)
    site.door("room-204-west", floor, (-3, 9), 0, "West door of 204", glass=True)
    site.mark("aed-upper", "aed", (-20, 13.4), "AED, beside stair B", floor, checked_on="2026-08-01")
    site.mark("trauma-library", "trauma_kit", (-4, 8.4), "Trauma kit, library", floor, checked_on="2026-08-01")
    site.mark("extinguisher-upper", "extinguisher", (-34, 12.6), "Extinguisher, upper hallway", floor)
    site.mark("elevator-2", "elevator", (-13.2, 7.6), "Elevator, beside 213", floor)


def _lincoln_cameras(site: Site) -> None:
    outdoor, inside = 4.5, 2.8
    site.camera("main-entrance", "floor-1", (-6, -0.6), (120, 90, 30), height=outdoor)
    site.camera("lobby", "floor-1", (-4.5, 0.6), (40, 95, 20), "lobby", height=inside)
    site.camera("hallway-west", "floor-1", (-59.4, 11), (90, 84, 60), "main-hallway", height=inside)
    site.camera("hallway-east", "floor-1", (29.4, 11), (270, 84, 60), "main-hallway", height=inside)
    site.camera("gym-hallway", "floor-1", (32, 39.4), (180, 84, 60), "gym-hallway", height=inside)
    site.camera("gym", "floor-1", (34.6, 28.4), (125, 95, 40), "gym", height=6)
    site.camera("cafeteria", "floor-1", (34.6, 1.4), (130, 100, 30), "cafeteria", height=inside)
    site.camera("gym-east-door", "floor-1", (64.6, 13), (30, 100, 25), height=outdoor)
    site.camera("west-door", "floor-1", (-60.6, 15), (215, 100, 25), height=outdoor)
    site.camera("upper-west", "floor-2", (-59.4, 11), (90, 84, 60), "upper-hallway", height=inside)
    site.camera("upper-east", "floor-2", (29.4, 11), (270, 84, 60), "upper-hallway", height=inside)
    site.camera("nurse-door", "floor-1", (14, 12.6), (150, 60, 8), "main-hallway", height=inside)


def _lincoln_grounds(site: Site) -> None:
    site.area("parking-visitors", "ground", (-40, -46, 10, -24), name="Visitor parking", kind="parking")
    site.area("parking-staff", "ground", (74, -14, 100, 30), name="Staff parking", kind="parking")
    site.area("field-soccer", "ground", (-70, 52, 10, 102), name="Soccer field", kind="athletic_field")
    site.area("field-courts", "ground", (20, 56, 56, 86), name="Basketball courts", kind="athletic_field")
    site.line("lincoln-avenue", [(-110, -58), (130, -58)], name="Lincoln Avenue", kind="road")
    site.line("fourth-street", [(114, -70), (114, 120)], name="Fourth Street", kind="road")
    site.line("bus-loop", [(20, -58), (20, -22), (60, -22), (60, -58)], name="Bus loop", kind="road")
    site.area("library", "ground", (-110, -20, -84, 30), name="Riverbend Public Library", kind="neighboring_property")
    site.area("houses", "ground", (120, -40, 134, 80), name="Houses on Fourth Street", kind="neighboring_property")
    fence: list[Point] = [(-76, 108), (-76, 46), (66, 46), (66, 108), (-76, 108)]
    site.line("fence", fence, name="Fence round the fields", kind="fence")
    gate = {"override_reader": False, "opens_by": "Custodian's key"}
    site.point("gate-1", "gate", (66, 76), name="Field gate", number="G1", kind="vehicle", **gate)
    site.point("gate-2", "gate", (-10, 46), name="Path to the fields", number="G2", kind="pedestrian", **gate)
    site.mark("assembly-point", "assembly_point", (-30, 70), "Assembly point, soccer field")
    site.mark("reunification-point", "reunification_point", (-97, 5), "Reunification, public library")
    site.mark("hydrant-tank", "hazard", (70, 36), "Generator fuel tank", hazard="diesel")


def oak() -> Site:
    """Return Oak Elementary School: a main building, a building for the upper grades, and three portables."""
    site = Site("oak", (-89.5925, 40.7344))
    site.point(
        "oak", "site", (0, 0), name="Oak Elementary School", address="1200 Oak Street, Riverbend",
        verifications=verifications("2026-08-18", "2026-08-20"),
    )  # fmt: skip
    _oak_grounds(site)
    _oak_main(site)
    _oak_upper_grades(site)
    for number, west in enumerate((8, 22, 36), start=1):
        box: Box = (west, 46, west + 10, 54)
        site.area(f"portable-{number}", "building", box, name=f"Portable {number}", portable=True)
        site.floor(f"portable-{number}-floor", f"portable-{number}", 0, box, f"Portable {number}")
        room = f"P{number}"
        site.room(
            room.lower(), f"portable-{number}-floor", box, f"Portable {room}", "classroom", number=room, windows=2
        )
        at = (west + 5.0, 46.0)
        site.door(f"{6 + number}", f"portable-{number}-floor", at, 180, f"Portable {number}", number=f"{6 + number}")
    return site


def _oak_main(site: Site) -> None:
    floor = "floor-1"
    outline: list[Point] = [(-43, 0), (29, 0), (29, 26), (7, 26), (7, 22), (-43, 22)]
    site.area("main", "building", outline, name="Main building")
    site.floor(floor, "main", 0, outline, "Ground floor")
    site.room("hallway", floor, (-43, 9, 29, 13), "Hallway", "hallway")
    south = [
        ("7", 8, "Classroom 7", "classroom", "7", 2),
        ("8", 8, "Classroom 8", "classroom", "8", 2),
        ("1", 8, "Classroom 1", "classroom", "1", 2),
        ("2", 8, "Classroom 2", "classroom", "2", 2),
        ("15", 8, "Nurse and counselor", "office", "15", 1),
        ("lobby", 6, "Lobby", "hallway", "", 0),
        ("10", 7, "Office", "office", "10", 2),
        ("restroom-staff", 4, "Restroom", "restroom", "R1", 0),
        ("3", 8, "Kindergarten", "classroom", "3", 2),
        ("4", 7, "Classroom 4", "classroom", "4", 2),
    ]
    north = [
        ("13", 16, "Library", "library", "13", 4),
        ("14", 8, "Art and music", "classroom", "14", 2),
        ("5", 8, "Classroom 5", "classroom", "5", 2),
        ("6", 8, "Classroom 6", "classroom", "6", 2),
        ("restroom-pupils", 6, "Restrooms", "restroom", "R2", 0),
        ("boiler", 4, "Boiler room", "utility", "11", 0),
    ]
    site.row(floor, -43, (9, 0), south)
    site.row(floor, -43, (13, 22), north)
    site.room("cafeteria", floor, (7, 13, 22, 26), "Cafeteria and hall", "cafeteria", number="12", windows=4)
    site.room("16", floor, (22, 13, 29, 26), "Kitchen", "kitchen", number="16", windows=1)
    site.door("cafeteria", floor, (14, 13), 180, "Cafeteria doors", width=3, normally_open=True)
    site.door("16", floor, (22, 20), 270, "Kitchen, from the cafeteria")
    credential = {"override_reader": True, "opens_by": "Fire department key, staff card"}
    site.door("1", floor, (0, 0), 180, "Main entrance", number="1", glass=True, width=2, **credential)
    site.door("2", floor, (29, 11), 90, "Playground door", number="2", width=2, **credential)
    site.door("3", floor, (-43, 11), 270, "West door", number="3", opens_by="Staff card")
    site.door("4", floor, (14, 26), 0, "Cafeteria, outside", number="4", width=2, opens_by="Staff card")
    site.mark("key-box", "key_box", (-2, -0.4), "Key box, left of door 1", floor)
    site.mark(
        "supply-locker", "supply_locker", (-2.4, 7.6), "Emergency locker, lobby", floor, checked_on="2026-08-18",
        contents=["master keys", "bolt cutters", "floor plans", "trauma kit"],
    )  # fmt: skip
    site.mark("aed", "aed", (2.4, 4), "AED, lobby", floor, checked_on="2026-08-01")
    site.mark("trauma-kit", "trauma_kit", (4, 1.2), "Trauma kit, office", floor, checked_on="2026-08-01")
    site.mark("fire-panel", "fire_panel", (-2.4, 2), "Fire alarm panel", floor)
    site.mark("extinguisher", "extinguisher", (21, 12.6), "Extinguisher, hallway", floor)
    site.mark("gas-shutoff", "gas_shutoff", (9, 26.5), "Gas shut-off, outside wall", floor)
    site.mark("water-shutoff", "water_shutoff", (6, 20), "Water shut-off", floor)
    site.mark("electric-shutoff", "electric_shutoff", (4, 16), "Main electric switch", floor)
    site.mark("hazard-boiler", "hazard", (5, 18), "Boiler", floor, hazard="steam and natural gas")
    site.camera("main-entrance", floor, (-4, -0.6), (115, 90, 25), height=4)
    site.camera("hallway", floor, (-42.4, 11), (90, 84, 60), "hallway", height=2.8)
    site.camera("cafeteria", floor, (7.6, 25.4), (135, 95, 25), "cafeteria", height=2.8)
    site.camera("playground-door", floor, (29.6, 6), (40, 100, 25), height=4)


def _oak_upper_grades(site: Site) -> None:
    floor = "upper-grades-floor"
    box: Box = (-43, 46, -5, 68)
    site.area("upper-grades", "building", box, name="Upper grades building")
    site.floor(floor, "upper-grades", 0, box, "Upper grades")
    site.room("upper-grades-hallway", floor, (-43, 55, -5, 59), "Upper grades hallway", "hallway")
    south = [
        ("20", 10, "Classroom 20", "classroom", "20", 2),
        ("21", 10, "Classroom 21", "classroom", "21", 2),
        ("22", 9, "Classroom 22", "classroom", "22", 2),
        ("23", 9, "Classroom 23", "classroom", "23", 2),
    ]
    north = [
        ("24", 10, "Classroom 24", "classroom", "24", 2),
        ("25", 10, "Classroom 25", "classroom", "25", 2),
        ("restroom-upper", 8, "Restrooms", "restroom", "R3", 0),
        ("26", 10, "Classroom 26", "classroom", "26", 2),
    ]
    site.row(floor, -43, (55, 46), south)
    site.row(floor, -43, (59, 68), north)
    site.door("5", floor, (-5, 57), 90, "Upper grades east", number="5", width=2, override_reader=True)
    site.door("6", floor, (-43, 57), 270, "Upper grades west", number="6", opens_by="Staff card")
    site.mark("aed-upper", "aed", (-8, 58.6), "AED, upper grades", floor, checked_on="2026-08-01")
    site.mark("trauma-upper", "trauma_kit", (-8, 55.4), "Trauma kit, upper grades", floor, checked_on="2026-08-01")


def _oak_grounds(site: Site) -> None:
    site.area("parking", "ground", (-44, -34, 8, -14), name="Parking", kind="parking")
    site.area("playground", "ground", (34, 4, 60, 34), name="Playground", kind="playground")
    site.area("field", "ground", (-2, 62, 60, 100), name="Play field", kind="athletic_field")
    site.line("oak-street", [(-80, -46), (90, -46)], name="Oak Street", kind="road")
    site.line("drop-off", [(12, -46), (12, -12), (30, -12), (30, -46)], name="Drop-off lane", kind="road")
    site.area("church", "ground", (66, -34, 90, 10), name="St. Mark's Church", kind="neighboring_property")
    site.area("houses", "ground", (-78, 0, -58, 70), name="Houses on Elm Court", kind="neighboring_property")
    fence: list[Point] = [(29, 38), (62, 38), (62, 2), (29, 2)]
    site.line("playground-fence", fence, name="Playground fence", kind="fence")
    site.point(
        "gate-1", "gate", (62, 20), name="Playground gate", number="G1", kind="pedestrian", opens_by="Staff card"
    )
    site.mark("assembly-point", "assembly_point", (28, 80), "Assembly point, play field")
    site.mark("reunification-point", "reunification_point", (78, -12), "Reunification, St. Mark's Church")


def main() -> None:
    """Write both plans."""
    for site in (lincoln(), oak()):
        (PLANS / f"{site.name}.geojson").write_text(site.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
