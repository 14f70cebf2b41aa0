"""Writes plans and camera placements as docs/protocol.md defines them. Pure. It shows only the cameras that the caller
names."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from gateway.configuration.site_settings import CameraSettings, SiteSettings
from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.grid import LETTERS, Grid, grid_of
from gateway.floorplan.kinds import Side
from gateway.floorplan.model import Door, Feature, Floor, FloorPlan, Point, Room, Window
from gateway.floorplan.verification import DUE_AFTER, months_since, newest, verification_warnings
from gateway.models import CameraId

Json = dict[str, Any]


def plan_view(site: SiteSettings, geometry: Geometry, visible: Collection[CameraId], today: date) -> Json:
    """Return a ``Plan``, with floors from the lowest up, building by building. It omits cameras that are not
    ``visible``. ``today`` decides how old its verification is."""
    plan = geometry.plan
    return {
        "site": site.id,
        "name": plan.name,
        "address": plan.address,
        "anchor": list(plan.anchor),
        "verified_on": plan.verified_on.isoformat(),
        "verification": verification_view(plan, today),
        "grid": grid_view(grid_of(plan)),
        "buildings": [
            {"id": b.id, "name": b.name, "portable": b.portable, "outline": _outline(b.outline)} for b in plan.buildings
        ],
        "grounds": [
            {"id": g.id, "name": g.name, "kind": g.kind.value, "area": g.is_area, "points": _outline(g.points)}
            for g in plan.grounds
        ],
        "gates": [
            {
                "id": gate.id,
                "name": gate.name,
                "number": gate.number,
                "kind": gate.kind.value,
                "position": _centimetres(gate.position),
                "override_reader": gate.override_reader,
                "opens_by": gate.opens_by,
            }
            for gate in plan.gates
        ],
        "features": [_feature(feature) for feature in plan.features if feature.floor_id is None],
        "floors": [_floor(geometry, floor, visible) for floor in plan.stacked_floors],
    }


def verification_view(plan: FloorPlan, today: date) -> Json:
    """Return when, by whom and how the plan was verified, and the warnings that pages must show."""
    return {
        "months": months_since(plan.verified_on, today),
        "due": months_since(plan.verified_on, today) >= DUE_AFTER,
        "warnings": list(verification_warnings(plan.verified_on, plan.verifications, today)),
        "by": [
            {"side": found.side.value, "on": found.on.isoformat(), "name": found.by, "how": found.how.value}
            for side in Side
            if (found := newest(plan.verifications, side)) is not None
        ],
    }


def grid_view(grid: Grid) -> Json:
    """Return the ``grid`` of a ``Plan``: its north-west corner, the size of a cell and the letters of its columns."""
    return {
        "west": grid.west,
        "north": grid.north,
        "cell": grid.cell_m,
        "columns": LETTERS[: grid.columns],
        "rows": grid.rows,
    }


def floors_view(plan: FloorPlan) -> list[Json]:
    """Return the ``floors`` of a ``Site`` in the order of ``plan_view``."""
    return [_floor_name(plan, floor) for floor in plan.stacked_floors]


def camera_view(site: SiteSettings, plan: FloorPlan, camera: CameraSettings, standing: bool) -> Json:
    """Return a ``Camera``: its name and its place. ``standing`` means that it may be seen without an incident."""
    placed = plan.camera(CameraId(camera.id))
    return {
        "id": camera.id,
        "name": camera.name,
        "site": site.id,
        "floor": placed.floor_id,
        "room": placed.room_id,
        "streams": ["main"] if camera.sub is None else ["main", "sub"],
        "sound": camera.audio,
        "standing": standing,
        "position": _centimetres(placed.position),
        "heading": placed.heading,
        "fov": placed.fov,
        "range": placed.range_m,
        "height": placed.height_m,
        "outdoor": placed.outdoor,
        "ptz": placed.ptz,
    }


def cameras_view(
    site: SiteSettings, plan: FloorPlan, visible: Collection[CameraId], standing: Collection[CameraId]
) -> list[Json]:
    """Return the ``cameras`` of a ``Site``: the visible ones, in configuration order."""
    return [camera_view(site, plan, camera, camera.id in standing) for camera in site.cameras if camera.id in visible]


def _floor_name(plan: FloorPlan, floor: Floor) -> Json:
    building = next(b.name for b in plan.buildings if b.id == floor.building_id)
    return {"id": floor.id, "name": floor.name, "building": building}


def _floor(geometry: Geometry, floor: Floor, visible: Collection[CameraId]) -> Json:
    plan = geometry.plan
    cameras = [camera.id for camera in plan.cameras if camera.floor_id == floor.id and camera.id in visible]
    xs, ys = zip(*floor.outline, strict=True)
    return {
        **_floor_name(plan, floor),
        "level": floor.level,
        "bounds": [*_centimetres((min(xs), min(ys))), *_centimetres((max(xs), max(ys)))],
        "outline": _outline(floor.outline),
        "rooms": [_room(room, geometry) for room in plan.rooms if room.floor_id == floor.id],
        "doors": [_door(door) for door in plan.doors if door.floor_id == floor.id],
        "windows": [_window(window) for window in plan.windows if window.floor_id == floor.id],
        "features": [_feature(feature) for feature in plan.features if feature.floor_id == floor.id],
        "cameras": cameras,
        "cones": [{"camera": camera, "outline": _outline(geometry.cone(camera).exterior.coords)} for camera in cameras],
    }


def _room(room: Room, geometry: Geometry) -> Json:
    return {
        "id": room.id,
        "name": room.name,
        "number": room.number,
        "kind": room.kind.value,
        "use": room.use,
        "outline": _outline(room.outline),
        "label": _centimetres(room.label),
        "windows": list(room.windows),
        "joins": list(room.joins),
        "entrance": geometry.nearest_entrance(room.id),
    }


def _door(door: Door) -> Json:
    return {
        "id": door.id,
        "name": door.name,
        "number": door.number,
        "kind": door.kind.value,
        "position": _centimetres(door.position),
        "heading": door.heading,
        "width": door.width_m,
        "perimeter": door.perimeter,
        "override_reader": door.override_reader,
        "opens_by": door.opens_by,
        "glass": door.glass,
        "normally_open": door.normally_open,
    }


def _window(window: Window) -> Json:
    return {
        "id": window.id,
        "number": window.number,
        "room": window.room_id,
        "position": _centimetres(window.position),
        "heading": round(window.heading, 1),
        "width": round(window.width_m, 2),
        "drawn": window.drawn,
    }


def _feature(feature: Feature) -> Json:
    return {
        "id": feature.id,
        "kind": feature.kind.value,
        "name": feature.name,
        "position": _centimetres(feature.position),
        "contents": list(feature.contents),
        "checked_on": feature.checked_on.isoformat() if feature.checked_on else None,
        "hazard": feature.hazard,
    }


def _outline(outline: Sequence[Point]) -> list[list[float]]:
    return [_centimetres(point) for point in outline]


def _centimetres(point: Point) -> list[float]:
    return [round(point[0], 2), round(point[1], 2)]
