"""Writes plans and camera placements as docs/protocol.md defines them. Pure. It shows only the cameras that the caller
names."""

from collections.abc import Collection
from typing import Any

from gateway.configuration.site_settings import CameraSettings, SiteSettings
from gateway.floorplan.model import Floor, FloorPlan, Outline, Point
from gateway.models import CameraId

Json = dict[str, Any]


def plan_view(site: SiteSettings, plan: FloorPlan, visible: Collection[CameraId]) -> Json:
    """Return a ``Plan``, with floors from the lowest up, building by building. It omits cameras that are not
    ``visible``."""
    floors = sorted(plan.floors, key=lambda floor: (floor.building_id, floor.level))
    return {
        "site": site.id,
        "name": plan.name,
        "anchor": list(plan.anchor),
        "verified_on": plan.verified_on.isoformat(),
        "floors": [_floor(plan, floor, visible) for floor in floors],
    }


def floors_view(plan: FloorPlan) -> list[Json]:
    """Return the ``floors`` of a ``Site`` in the order of ``plan_view``."""
    floors = sorted(plan.floors, key=lambda floor: (floor.building_id, floor.level))
    return [_floor_name(plan, floor) for floor in floors]


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
    }


def cameras_view(
    site: SiteSettings, plan: FloorPlan, visible: Collection[CameraId], standing: Collection[CameraId]
) -> list[Json]:
    """Return the ``cameras`` of a ``Site``: the visible ones, in configuration order."""
    return [camera_view(site, plan, camera, camera.id in standing) for camera in site.cameras if camera.id in visible]


def _floor_name(plan: FloorPlan, floor: Floor) -> Json:
    building = next(b.name for b in plan.buildings if b.id == floor.building_id)
    return {"id": floor.id, "name": floor.name, "building": building}


def _floor(plan: FloorPlan, floor: Floor, visible: Collection[CameraId]) -> Json:
    xs, ys = zip(*floor.outline, strict=True)
    return {
        **_floor_name(plan, floor),
        "bounds": [*_centimetres((min(xs), min(ys))), *_centimetres((max(xs), max(ys)))],
        "outline": _outline(floor.outline),
        "rooms": [
            {
                "id": room.id,
                "name": room.name,
                "number": room.number,
                "kind": room.kind.value,
                "outline": _outline(room.outline),
                "label": _centimetres(room.label),
                "windows": list(room.windows),
            }
            for room in plan.rooms
            if room.floor_id == floor.id
        ],
        "doors": [
            {
                "id": door.id,
                "name": door.name,
                "number": door.number,
                "kind": door.kind.value,
                "position": _centimetres(door.position),
                "heading": door.heading,
            }
            for door in plan.doors
            if door.floor_id == floor.id
        ],
        "features": [
            {
                "id": feature.id,
                "kind": feature.kind.value,
                "name": feature.name,
                "position": _centimetres(feature.position),
            }
            for feature in plan.features
            if feature.floor_id == floor.id
        ],
        "cameras": [c.id for c in plan.cameras if c.floor_id == floor.id and c.id in visible],
    }


def _outline(outline: Outline) -> list[list[float]]:
    return [_centimetres(point) for point in outline]


def _centimetres(point: Point) -> list[float]:
    return [round(point[0], 2), round(point[1], 2)]
