"""Draws one sheet: a floor with its rooms, doors, cameras and signs, or the site with its buildings and grounds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from math import cos, radians, sin

from reportlab.pdfgen.canvas import Canvas

from gateway.floorplan.grid import Grid
from gateway.floorplan.kinds import DoorKind, RoomKind
from gateway.floorplan.model import Door, Feature, Floor, FloorPlan, Gate, PlacedCamera, Point, Room, Window
from gateway.floorplan.signs import SIGNS
from gateway.models import CameraId
from gateway.printing import ink
from gateway.printing.paper import Box, Fitted
from gateway.printing.placing import Label, Placed, box_around, place

BESIDE = 4.0
"""Metres around a floor that its sheet shows as well, for outdoor cameras and the numbers of doors."""
WALKED = frozenset({RoomKind.HALLWAY, RoomKind.STAIRWELL})
NUMBER = ink.ROOM_NUMBER

Lines = list[tuple[str, str, float]]


def floor_bounds(floor: Floor, plan: FloorPlan, shown: Collection[CameraId]) -> Box:
    """Return the part of the plan that a floor's sheet shows.

    ``shown`` holds the cameras that the reader may know about. No other camera counts, because the edge of the sheet
    would reveal where it is.
    """
    spots = [camera.position for camera in plan.cameras if camera.floor_id == floor.id and camera.id in shown]
    xs, ys = zip(*floor.outline, *spots, strict=True)
    return min(xs) - BESIDE, min(ys) - BESIDE, max(xs) + BESIDE, max(ys) + BESIDE


def draw_floor(
    canvas: Canvas, plan: FloorPlan, floor: Floor, grid: Grid, fitted: Fitted, names: Mapping[CameraId, str]
) -> None:
    """Draw a floor. ``names`` holds the short names of the cameras to show."""
    rooms = [room for room in plan.rooms if room.floor_id == floor.id]
    doors = [door for door in plan.doors if door.floor_id == floor.id]
    cameras = [camera for camera in plan.cameras if camera.floor_id == floor.id and camera.id in names]
    features = [feature for feature in plan.features if feature.floor_id == floor.id and fitted.holds(feature.position)]
    windows = [window for window in plan.windows if window.floor_id == floor.id]
    for room in rooms:
        ink.outline(canvas, _on(fitted, room.outline), 0.9, 0.9 if room.kind in WALKED else 1.0)
    ink.outline(canvas, _on(fitted, floor.outline), 2.4)
    for door in doors:
        width = door.width_m * fitted.per_metre
        ink.door(canvas, fitted.at(door.position), door.heading, width, exterior=door.kind is DoorKind.EXTERIOR)
    ink.grid(canvas, grid, fitted)
    for camera in cameras:
        ink.camera(canvas, fitted.at(camera.position), camera.heading)
    taken = [box_around(fitted.at(camera.position), 12, 12) for camera in cameras]
    texts: dict[str, Lines] = {}
    labels = [
        *_numbers(fitted, (door for door in doors if door.kind is DoorKind.EXTERIOR and door.number), texts),
        *_signs(fitted, features),
        *_rooms(fitted, rooms, texts),
        *_cameras(fitted, cameras, names, texts),
        *_windows(fitted, windows, texts),
    ]
    _write(canvas, place(labels, taken, fitted.frame), texts, {feature.id: feature for feature in features}, doors)


def draw_site(canvas: Canvas, plan: FloorPlan, grid: Grid, fitted: Fitted, shown: Collection[CameraId]) -> None:
    """Draw the whole site: grounds, buildings with their names, gates, exterior doors and what stands outdoors.

    ``shown`` is as in ``floor_bounds``. It only decides which things are already on a floor's sheet.
    """
    for ground in plan.grounds:
        points = _on(fitted, ground.points)
        if ground.is_area:
            ink.outline(canvas, points, 0.6, 0.96)
        else:
            canvas.setLineWidth(1.2)
            canvas.setStrokeGray(0.5)
            canvas.lines([(*a, *b) for a, b in pairwise(points)])
    for building in plan.buildings:
        ink.outline(canvas, _on(fitted, building.outline), 2, 0.88)
    ink.grid(canvas, grid, fitted)
    ground_floors = {floor.id for floor in plan.floors if floor.level == 0}
    doors = [d for d in plan.doors if d.kind is DoorKind.EXTERIOR and d.number and d.floor_id in ground_floors]
    outdoors = [feature for feature in plan.features if feature.floor_id is None or _beside(feature, plan, shown)]
    texts: dict[str, Lines] = {}
    labels = [
        *_numbers(fitted, doors, texts),
        *_numbers(fitted, (gate for gate in plan.gates), texts),
        *_signs(fitted, outdoors),
        *(_label(texts, b.id, fitted.at(_middle(b.outline)), [(b.name, ink.BOLD, 10)]) for b in plan.buildings),
        *(_label(texts, g.id, fitted.at(_middle(g.points)), [(g.name, ink.PLAIN, 8)]) for g in plan.grounds),
    ]
    _write(canvas, place(labels, [], fitted.frame), texts, {feature.id: feature for feature in outdoors}, doors)


def _beside(feature: Feature, plan: FloorPlan, shown: Collection[CameraId]) -> bool:
    """Return True if a feature is drawn on a floor's sheet but stands outside the floor, such as an assembly point."""
    floor = plan.floor(feature.floor_id or "")
    west, south, east, north = floor_bounds(floor, plan, shown)
    x, y = feature.position
    return not (west <= x <= east and south <= y <= north)


def _numbers(fitted: Fitted, doors: Iterable[Door | Gate], texts: dict[str, Lines]) -> Iterable[Label]:
    """Yield the labels of doors outside their wall. A gate has no outside."""
    for door in doors:
        about = fitted.at(door.position)
        if isinstance(door, Door):
            about = _outside(fitted, door.position, door.heading, 11)
        lines = [(door.number or door.name, ink.BOLD, 9.0)]
        yield _label(texts, door.id, about, lines, padding=6)


def _rooms(fitted: Fitted, rooms: Sequence[Room], texts: dict[str, Lines]) -> Iterable[Label]:
    """Yield the labels of rooms: number and name if both fit into the room, or else the number."""
    for room in sorted(rooms, key=lambda room: room.number == ""):
        name = room.name.replace(room.number, "").strip() if room.number else room.name
        numbered: Lines = [(room.number, ink.BOLD, NUMBER)] if room.number else []
        whole: Lines = [*numbered, (name, ink.PLAIN, ink.ROOM_NAME)] if name else numbered
        xs, ys = zip(*_on(fitted, room.outline), strict=True)
        width, height = ink.size_of(whole)
        fits = width <= max(xs) - min(xs) - 4 and height <= max(ys) - min(ys) - 4
        yield _label(texts, room.id, fitted.at(room.label), whole if fits or not numbered else numbered)


def _cameras(
    fitted: Fitted, cameras: Iterable[PlacedCamera], names: Mapping[CameraId, str], texts: dict[str, Lines]
) -> Iterable[Label]:
    for camera in cameras:
        yield _label(texts, camera.id, fitted.at(camera.position), [(names[camera.id], ink.BOLD, 7.0)], padding=3)


def _windows(fitted: Fitted, windows: Iterable[Window], texts: dict[str, Lines]) -> Iterable[Label]:
    for window in windows:
        outside = _outside(fitted, window.position, window.heading, 8)
        yield _label(texts, window.id, outside, [(window.number, ink.PLAIN, 7.0)])


def _signs(fitted: Fitted, features: Iterable[Feature]) -> Iterable[Label]:
    for feature in features:
        width, height = ink.sign_size(SIGNS[feature.kind])
        yield Label(feature.id, fitted.at(feature.position), width + 2, height + 4)


def _label(texts: dict[str, Lines], key: str, about: Point, lines: Lines, padding: float = 0) -> Label:
    texts[key] = lines
    width, height = ink.size_of(lines)
    return Label(key, about, width + padding, height + padding / 2)


def _write(
    canvas: Canvas,
    placed: Iterable[Placed],
    texts: Mapping[str, Lines],
    features: Mapping[str, Feature],
    doors: Iterable[Door],
) -> None:
    """Draw all labels. Numbers of exterior doors are white on black, like the painted ones."""
    exterior = {door.id for door in doors if door.kind is DoorKind.EXTERIOR}
    placed = list(placed)
    for one in placed:
        ink.leader(canvas, one)
    for one in placed:
        if one.label.key in features:
            ink.sign(canvas, one.at, SIGNS[features[one.label.key].kind])
            continue
        left, bottom, right, top = one.box
        if one.label.key in exterior:
            canvas.setFillGray(0)
            canvas.roundRect(left, bottom, right - left, top - bottom, 2, stroke=0, fill=1)
        elif one.leads:
            canvas.setFillGray(1)
            canvas.rect(left, bottom, right - left, top - bottom, stroke=0, fill=1)
        ink.text(canvas, one.at, texts[one.label.key], 1.0 if one.label.key in exterior else 0.0)


def _on(fitted: Fitted, points: Iterable[Point]) -> list[Point]:
    return [fitted.at(point) for point in points]


def _outside(fitted: Fitted, position: Point, heading: float, points: float) -> Point:
    x, y = fitted.at(position)
    return x + points * sin(radians(heading)), y + points * cos(radians(heading))


def _middle(points: Sequence[Point]) -> Point:
    xs, ys = zip(*points, strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
