"""Measures how long a large floor plan takes to load, and a question to answer: ``python -m bench.plans``.

The plan is drawn here: two storeys, five hallways each, about 400 rooms and 150 cameras. Times are of the processor,
so that other work on the machine does not count.
"""

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.geometry.places import unprojection
from gateway.floorplan.load import parse_plan
from gateway.floorplan.model import Point
from gateway.floorplan.review.coverage import coverage

STOREYS, HALLWAYS, ROOMS, CAMERAS = 2, 5, 20, 150
"""Rooms are those on each side of a hallway."""
WIDTH, DEPTH, HALL = 8.0, 8.0, 4.0
WING = 2 * DEPTH + HALL


def large_school() -> dict[str, Any]:
    """Return the plan as GeoJSON."""
    degrees = unprojection((-89.612, 40.72))
    features: list[dict[str, Any]] = []

    def add(identifier: str, geometry: str, points: list[Point], **said: object) -> None:
        at = [list(degrees(point)) for point in points]
        coordinates: object = at[0] if geometry == "Point" else [[*at, at[0]]]
        shape = {"type": geometry, "coordinates": coordinates}
        features.append({"type": "Feature", "id": identifier, "properties": said, "geometry": shape})

    def area(identifier: str, west: float, south: float, east: float, north: float, **said: object) -> None:
        add(identifier, "Polygon", [(west, south), (east, south), (east, north), (west, north)], **said)

    long = ROOMS * WIDTH
    add("site", "Point", [(0, 0)], type="site", name="Large school", verified_on="2026-08-01")
    area("house", 0, 0, long + 6, HALLWAYS * WING, type="building", name="House")
    for level in range(STOREYS):
        floor = f"floor-{level}"
        area(floor, 0, 0, long + 6, HALLWAYS * WING, type="floor", name=floor, building="house", level=level)
        spine = {"type": "room", "name": "Spine", "kind": "hallway", "floor": floor}
        area(f"spine-{level}", long, 0, long + 6, HALLWAYS * WING, **spine)
        for wing in range(HALLWAYS):
            south = wing * WING
            hall = {"type": "room", "name": f"Hallway {wing}", "kind": "hallway", "floor": floor}
            area(f"hall-{level}-{wing}", 0, south + DEPTH, long, south + DEPTH + HALL, **hall)
            if level == 0:
                door = {"type": "door", "name": "Out", "number": str(wing + 1), "kind": "exterior", "floor": floor}
                add(f"exit-{wing}", "Point", [(0, south + WING / 2)], heading=270, **door)
            for place, side in ((place, side) for place in range(ROOMS) for side in (0, 1)):
                west, base = place * WIDTH, south + side * (DEPTH + HALL)
                stairs = place == ROOMS // 2 and not side and not wing % 2
                number = f"S{wing}" if stairs else f"{level + 1}{wing}{place:02}{side}"
                said = {"type": "room", "name": number, "number": number, "floor": floor}
                kind = "stairwell" if stairs else "classroom"
                area(f"{level}-{number}", west, base, west + WIDTH, base + DEPTH, kind=kind, **said)
                at = (west + WIDTH / 2, south + DEPTH + side * HALL)
                door = {"type": "door", "name": number, "kind": "interior", "floor": floor}
                add(f"door-{level}-{number}", "Point", [at], heading=180 * side, **door)
    for index in range(CAMERAS):
        level, wing, place = index % STOREYS, index // STOREYS % HALLWAYS, index // (STOREYS * HALLWAYS)
        at = (2 + place * 10.5, wing * WING + WING / 2)
        look = {"heading": 90 if place % 2 else 270, "fov": 90, "range": 30}
        add(f"camera-{index}", "Point", [at], type="camera", floor=f"floor-{level}", **look)
    return {"type": "FeatureCollection", "features": features}


def took(work: Callable[[], object]) -> float:
    """Return the milliseconds of processor time that ``work`` takes."""
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def main() -> None:
    """Measure and print the table."""
    document = large_school()
    plan = parse_plan(document, "plan")
    geometry = Geometry(plan)
    table = Table("", "median", "slowest", box=None, header_style="bold")
    rows: dict[str, list[float]] = {
        "read and check": [took(lambda: parse_plan(document, "plan")) for _ in range(3)],
        "cones and ways": [took(lambda: Geometry(plan)) for _ in range(3)],
        "nearest cameras of a room": [took(partial(geometry.nearest_cameras, room.id, 4)) for room in plan.rooms],
        "cameras that see a point": [
            took(partial(geometry.seeing_point, room.floor_id, room.label)) for room in plan.rooms
        ],
        "next cameras": [took(partial(geometry.follow, camera.id)) for camera in plan.cameras],
        "nearest entrance": [took(partial(geometry.nearest_entrance, room.id)) for room in plan.rooms],
        "tour of the entrances": [took(geometry.entrances) for _ in range(10)],
        "coverage of all floors": [took(lambda: coverage(geometry)) for _ in range(3)],
    }
    for name, times in rows.items():
        table.add_row(name, f"{median(times):.2f} ms", f"{max(times):.2f} ms")
    Console().print(f"{len(plan.rooms)} rooms, {len(plan.cameras)} cameras, {len(plan.doors)} doors")
    Console().print(table)


if __name__ == "__main__":
    main()
