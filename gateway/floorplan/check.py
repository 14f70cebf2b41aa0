"""Checks that the parts of a plan fit together. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from math import hypot

from shapely import MultiLineString, Polygon, STRtree
from shapely import Point as Spot

from gateway.configuration.wording import did_you_mean
from gateway.floorplan.kinds import RoomKind
from gateway.floorplan.model import Floor, FloorPlan, Gate, PlacedCamera, Point, Room, Window

Problem = tuple[str, str]
"""A feature's id and a message."""

MOST_PROBLEMS = 200
_SLACK = 0.5
"""Tolerance of a drawing in metres."""
_OVERLAP = 0.5
"""Two rooms may overlap by this many square metres, because drawings are inaccurate."""
_OUTDOORS = 60.0
"""A floor's cameras and features may be at most this many metres outside its outline."""
_CAMPUS = 5000.0
"""A position farther from the anchor, in metres, must be wrong. Usually its longitude and latitude are swapped."""


def plan_problems(plan: FloorPlan, complete: bool = True) -> list[Problem]:
    """Return what is wrong with the plan as a whole: at most ``MOST_PROBLEMS``, since nobody fixes more at once.

    ``complete`` is False if some features could not be read. References to missing features are then not reported.
    """
    strays = list(_far_away(plan))
    problems = chain(
        _same_ids(plan),
        _unknown_references(plan) if complete else (),
        _same_names(plan),
        strays,
        () if strays else _misplaced(plan),
    )
    return list(islice(problems, MOST_PROBLEMS))


def _same_ids(plan: FloorPlan) -> Iterator[Problem]:
    parts = (*plan.areas, *plan.spots, *plan.grounds)
    counted = Counter(str(part.id) for part in parts)
    for identifier, times in counted.items():
        if times > 1:
            yield identifier, f"the id is used {times} times; it must be unique in the plan"


def _unknown_references(plan: FloorPlan) -> Iterator[Problem]:
    buildings = [building.id for building in plan.buildings]
    floors = [floor.id for floor in plan.floors]
    rooms = [room.id for room in plan.rooms]
    for floor in plan.floors:
        yield from _unknown(floor.id, "building", floor.building_id, buildings)
    for part in (*plan.rooms, *plan.spots):
        if not isinstance(part, Gate) and part.floor_id is not None:
            yield from _unknown(part.id, "floor", part.floor_id, floors)
    for inside in plan.spots:
        if isinstance(inside, PlacedCamera | Window) and inside.room_id is not None:
            yield from _unknown(inside.id, "room", inside.room_id, rooms)
    for room in plan.rooms:
        for joined in room.joins:
            yield from _unknown(room.id, "room", joined, rooms)
    if not floors:
        yield "plan", "has no floor"


def _unknown(identifier: str, what: str, named: str, known: list[str]) -> Iterator[Problem]:
    if named not in known:
        yield identifier, f"{what} '{named}' is not in the plan{did_you_mean(named, known)}"


def _same_names(plan: FloorPlan) -> Iterator[Problem]:
    """Report numbers that are used twice. People say them over the radio, and a repeated number sends them to the
    wrong place. A stairwell has the same number on each floor of its building."""
    buildings = {floor.id: floor.building_id for floor in plan.floors}
    rooms: dict[str, Room] = {}
    for room in plan.rooms:
        other = rooms.setdefault(room.number, room)
        if room.number and other is not room and not _same_stairs(room, other, buildings):
            yield room.id, f"room number {room.number} is also the number of '{other.id}'"
    doors: dict[str, str] = {}
    for door in plan.doors:
        if door.number and door.number in doors:
            yield door.id, f"door number {door.number} is also the number of '{doors[door.number]}'"
        doors.setdefault(door.number, door.id)
    levels: dict[tuple[str, int], str] = {}
    for floor in plan.floors:
        first = levels.setdefault((floor.building_id, floor.level), floor.id)
        if first != floor.id:
            yield floor.id, f"level {floor.level} of the building is also the level of '{first}'"


def _same_stairs(room: Room, other: Room, buildings: Mapping[str, str]) -> bool:
    return (
        room.kind is other.kind is RoomKind.STAIRWELL
        and room.floor_id != other.floor_id
        and buildings.get(room.floor_id) == buildings.get(other.floor_id)
    )


def _far_away(plan: FloorPlan) -> Iterator[Problem]:
    places: list[tuple[str, tuple[Point, ...]]] = [
        *((area.id, area.outline) for area in plan.areas),
        *((spot.id, (spot.position,)) for spot in plan.spots),
        *((ground.id, ground.points) for ground in plan.grounds),
    ]
    for identifier, points in places:
        metres = max(hypot(*point) for point in points)
        if not metres <= _CAMPUS:
            yield identifier, f"is {metres / 1000:.0f} km from the site's point: are longitude and latitude swapped?"


def _misplaced(plan: FloorPlan) -> Iterator[Problem]:
    floors = {floor.id: floor for floor in plan.floors}
    for floor in plan.floors:
        rooms = [room for room in plan.rooms if room.floor_id == floor.id]
        yield from _rooms_misplaced(floor, rooms)
        walls = MultiLineString([floor.outline, *(room.outline for room in rooms)])
        for door in plan.doors:
            if door.floor_id == floor.id and walls.distance(Spot(door.position)) > _SLACK:
                yield door.id, "is not in a wall: a door must lie on the outline of a room or of its floor"
        for window in plan.windows:
            if window.floor_id == floor.id and walls.distance(Spot(window.position)) > _SLACK:
                yield window.id, "is not in a wall: a window must lie on the outline of a room or of its floor"
        for feature in plan.features:
            if feature.floor_id == floor.id:
                yield from _too_far_out(feature.id, feature.position, floor)
    known = {room.id: room for room in plan.rooms}
    for room in plan.rooms:
        yield from _stairs_misplaced(room, known)
    for camera in plan.cameras:
        if camera.floor_id in floors:
            yield from _too_far_out(camera.id, camera.position, floors[camera.floor_id])
        if camera.room_id in known:
            yield from _camera_misplaced(camera, known[camera.room_id])


def _rooms_misplaced(floor: Floor, rooms: list[Room]) -> Iterator[Problem]:
    inside = Polygon(floor.outline).buffer(_SLACK)
    shapes = [Polygon(room.outline) for room in rooms]
    tree = STRtree(shapes)
    for index, (room, shape) in enumerate(zip(rooms, shapes, strict=True)):
        if not inside.covers(shape):
            yield room.id, f"reaches beyond the outline of floor '{floor.id}'"
        for other in sorted(tree.query(shape, predicate="intersects")):
            shared = shape.intersection(shapes[other]).area if other < index else 0
            if shared > _OVERLAP:
                yield room.id, f"overlaps '{rooms[other].id}' by {shared:.1f} square metres"


def _stairs_misplaced(room: Room, rooms: Mapping[str, Room]) -> Iterator[Problem]:
    if room.joins and room.kind is not RoomKind.STAIRWELL:
        yield room.id, "joins other floors, but is not a stairwell"
    for joined in room.joins:
        other = rooms.get(joined)
        if other is not None and other.kind is not RoomKind.STAIRWELL:
            yield room.id, f"joins '{joined}', which is not a stairwell"
        elif other is not None and other.floor_id == room.floor_id:
            yield room.id, f"joins '{joined}', which is on the same floor"


def _camera_misplaced(camera: PlacedCamera, room: Room) -> Iterator[Problem]:
    if room.floor_id != camera.floor_id:
        yield camera.id, f"room '{room.id}' is on floor '{room.floor_id}', not on '{camera.floor_id}'"
    elif Polygon(room.outline).distance(Spot(camera.position)) > _SLACK:
        yield camera.id, f"is not in room '{room.id}'"


def _too_far_out(identifier: str, position: Point, floor: Floor) -> Iterator[Problem]:
    metres = Polygon(floor.outline).distance(Spot(position))
    if metres > _OUTDOORS:
        yield identifier, f"is {metres:.0f} m outside floor '{floor.id}'; at most {_OUTDOORS:.0f} m are allowed"
