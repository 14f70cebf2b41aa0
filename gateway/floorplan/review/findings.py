"""Finds what is missing or doubtful in a plan that can be used. Pure."""

from collections.abc import Iterator
from datetime import date
from math import hypot

from shapely import LineString, Polygon, STRtree, get_coordinates, unary_union
from shapely import Point as Spot

from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.geometry.places import RoomFinder, beside
from gateway.floorplan.kinds import DoorKind, FeatureKind, RoomKind
from gateway.floorplan.model import FloorPlan, PlacedCamera
from gateway.floorplan.verification import DUE_AFTER, months_since, verification_warnings

Finding = tuple[str, str]
"""A feature's id and what is missing or doubtful about it."""

_IN_A_WALL = 0.05
"""If a camera is drawn farther than this from its room, in metres, it is in a wall."""
_AT_A_WALL = 2.0
"""If the wall in front of a camera is closer than this, in metres, its picture shows hardly anything else."""
_OVERLAP = 0.05
"""An overlap of two rooms is doubtful if it is larger than this, in square metres."""
_UNDRAWN = 0.03
"""The fraction of a floor that may be outside all rooms, such as its walls."""


def findings(geometry: Geometry, today: date) -> list[Finding]:
    """Return what is missing or doubtful, in the order in which it should be fixed."""
    plan = geometry.plan
    return [
        *(("plan", warning) for warning in verification_warnings(plan.verified_on, plan.verifications, today)),
        *_nobody_named(plan),
        *_numbers(plan),
        *_ways(geometry),
        *_overlaps(plan),
        *_undrawn(plan),
        *_cameras(geometry),
        *_unseen(geometry),
        *_features(plan, today),
    ]


def _nobody_named(plan: FloorPlan) -> Iterator[Finding]:
    if not plan.verifications:
        yield "plan", "says when it was verified, but not by whom or how: give verifications for both sides"
    if not plan.address:
        yield "plan", "has no address"


def _numbers(plan: FloorPlan) -> Iterator[Finding]:
    for room in plan.rooms:
        if not room.number and room.kind is not RoomKind.HALLWAY:
            yield room.id, f"{room.name} has no number"
        if room.kind is RoomKind.CLASSROOM and not any(window.room_id == room.id for window in plan.windows):
            yield room.id, f"{room.name} has no window number"
    for door in plan.doors:
        if door.kind is DoorKind.EXTERIOR and not door.number:
            yield door.id, f"exterior door '{door.name}' has no number"


def _ways(geometry: Geometry) -> Iterator[Finding]:
    for room_id in geometry.unreachable_rooms():
        yield room_id, f"there is no way to {geometry.plan.room(room_id).name} from outside: is a door missing?"
    finder = RoomFinder(geometry.plan.rooms)
    for door in geometry.plan.doors:
        sides = [finder.beside(door.floor_id, door.position, door.heading + turn) for turn in (0, 180)]
        rooms = {room.id for room in sides if room is not None}
        if len(rooms) < (1 if door.kind is DoorKind.EXTERIOR else 2):
            yield door.id, f"door '{door.name}' does not lead to a drawn room on one side"
    for room in geometry.plan.rooms:
        floors = [f for f in geometry.plan.floors if f.building_id == geometry.plan.floor(room.floor_id).building_id]
        if room.kind is RoomKind.STAIRWELL and len(floors) > 1 and not geometry.walking.climbs(room.id):
            yield room.id, f"{room.name} does not lead to another floor"


def _overlaps(plan: FloorPlan) -> Iterator[Finding]:
    for floor in plan.floors:
        rooms = [room for room in plan.rooms if room.floor_id == floor.id]
        shapes = [Polygon(room.outline) for room in rooms]
        tree = STRtree(shapes)
        for index, shape in enumerate(shapes):
            for other in sorted(tree.query(shape, predicate="overlaps")):
                shared = shape.intersection(shapes[other]).area if other < index else 0
                if shared > _OVERLAP:
                    yield rooms[index].id, f"overlaps '{rooms[other].id}' by {shared:.2f} square metres"


def _undrawn(plan: FloorPlan) -> Iterator[Finding]:
    for floor in plan.floors:
        whole = Polygon(floor.outline)
        drawn = unary_union([Polygon(room.outline) for room in plan.rooms if room.floor_id == floor.id])
        left = whole.difference(drawn).area
        if left > _UNDRAWN * whole.area:
            yield floor.id, f"{left:.0f} of {whole.area:.0f} square metres of {floor.name} are in no room"


def _cameras(geometry: Geometry) -> Iterator[Finding]:
    plan = geometry.plan
    for camera in plan.cameras:
        spot = Spot(camera.position)
        if camera.room_id is not None:
            gap = Polygon(plan.room(camera.room_id).outline).distance(spot)
            if gap > _IN_A_WALL:
                yield camera.id, f"is drawn in a wall, {gap:.1f} m outside '{camera.room_id}'"
        elif Polygon(plan.floor(camera.floor_id).outline).contains(spot):
            yield camera.id, "is drawn inside the building, but not in a room"
        ahead = _free_ahead(geometry, camera)
        if ahead < min(_AT_A_WALL, camera.range_m):
            yield camera.id, f"faces a wall {ahead:.1f} m away: is its heading {camera.heading:g} right?"


def _free_ahead(geometry: Geometry, camera: PlacedCamera) -> float:
    """Return how far the camera sees straight ahead, in metres."""
    eye = geometry.sightings.eyes[camera.id]
    seen = geometry.cone(camera.id).intersection(LineString([eye, beside(eye, camera.heading, camera.range_m)]))
    return max((hypot(x - eye[0], y - eye[1]) for x, y in get_coordinates(seen)), default=camera.range_m)


def _unseen(geometry: Geometry) -> Iterator[Finding]:
    for room in geometry.plan.rooms:
        if not geometry.seeing_room(room.id):
            yield room.id, f"no camera sees {room.name} or one of its doors"
    for entrance in geometry.entrances():
        if not entrance.cameras:
            yield entrance.door_id, f"no camera sees exterior door '{geometry.plan.door(entrance.door_id).name}'"


def _features(plan: FloorPlan, today: date) -> Iterator[Finding]:
    for feature in plan.features:
        if feature.kind is FeatureKind.SUPPLY_LOCKER and not feature.contents:
            yield feature.id, f"'{feature.name}' does not say what it contains"
        if feature.kind is FeatureKind.SUPPLY_LOCKER and feature.checked_on is None:
            yield feature.id, f"'{feature.name}' does not say when it was last checked"
        elif feature.checked_on and months_since(feature.checked_on, today) >= DUE_AFTER:
            months = months_since(feature.checked_on, today)
            yield feature.id, f"'{feature.name}' was last checked {months} months ago, on {feature.checked_on}"
        if feature.kind is FeatureKind.HAZARD and not feature.hazard:
            yield feature.id, f"'{feature.name}' does not say what is dangerous"
