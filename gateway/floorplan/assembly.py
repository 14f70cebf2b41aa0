"""Turns valid features into a floor plan in metres. Pure."""

from collections.abc import Callable
from typing import TypeVar

from gateway.floorplan import schema
from gateway.floorplan.geojson import RawFeature
from gateway.floorplan.geometry.places import RoomFinder, label_point, projection
from gateway.floorplan.kinds import DoorKind
from gateway.floorplan.model import (
    Building,
    Door,
    Feature,
    Floor,
    FloorPlan,
    Gate,
    Ground,
    Outline,
    PlacedCamera,
    Point,
    Room,
    Window,
)
from gateway.floorplan.verification import Verification, verified_since
from gateway.floorplan.windows import estimated_windows
from gateway.models import CameraId

_Kind = TypeVar("_Kind", bound=schema.Properties)


def assemble(site: RawFeature, features: list[RawFeature]) -> FloorPlan:
    """Return the plan around the site's anchor. References to other features are not checked."""
    anchor = site.coordinates[0]
    project = projection(anchor)
    said = site.properties
    assert isinstance(said, schema.SiteProperties)  # noqa: S101 (the caller chose it by this type)
    verifications = tuple(Verification(v.side, v.on, v.by, v.how) for v in said.verifications)
    verified_on = said.verified_on or verified_since(verifications)
    floors = tuple(
        Floor(f.id, p.name, p.building, p.level, outline)
        for f, p, outline in _of(features, schema.FloorProperties, project)
    )
    rooms = tuple(_room(f.id, p, outline) for f, p, outline in _of(features, schema.RoomProperties, project))
    finder = RoomFinder(rooms)
    drawn = tuple(_window(f.id, p, at[0], finder) for f, p, at in _of(features, schema.WindowProperties, project))
    return FloorPlan(
        name=said.name,
        address=said.address,
        anchor=anchor,
        verified_on=verified_on,
        verifications=verifications,
        grounds=tuple(
            Ground(f.id, p.kind, p.name, points, f.is_area)
            for f, p, points in _of(features, schema.GroundProperties, project)
        ),
        gates=tuple(
            Gate(f.id, p.name, p.number, p.kind, at[0], p.override_reader, p.opens_by)
            for f, p, at in _of(features, schema.GateProperties, project)
        ),
        buildings=tuple(
            Building(f.id, p.name, outline, p.portable)
            for f, p, outline in _of(features, schema.BuildingProperties, project)
        ),
        floors=floors,
        rooms=rooms,
        doors=tuple(_door(f.id, p, at[0]) for f, p, at in _of(features, schema.DoorProperties, project)),
        windows=(*drawn, *estimated_windows(floors, rooms, drawn)),
        features=tuple(
            Feature(f.id, p.kind, p.name, p.floor, at[0], p.contents, p.checked_on, p.hazard)
            for f, p, at in _of(features, schema.FeatureProperties, project)
        ),
        cameras=tuple(_camera(f.id, p, at[0], finder) for f, p, at in _of(features, schema.CameraProperties, project)),
    )


def _of(
    features: list[RawFeature], kind: type[_Kind], project: Callable[[Point], Point]
) -> list[tuple[RawFeature, _Kind, Outline]]:
    return [
        (feature, feature.properties, tuple(project(position) for position in feature.coordinates))
        for feature in features
        if isinstance(feature.properties, kind)
    ]


def _room(identifier: str, said: schema.RoomProperties, outline: Outline) -> Room:
    return Room(
        id=identifier,
        name=said.name,
        number=said.number,
        kind=said.kind,
        floor_id=said.floor,
        outline=outline,
        label=label_point(outline),
        windows=said.windows,
        use=said.use,
        joins=said.joins,
    )


def _door(identifier: str, said: schema.DoorProperties, at: Point) -> Door:
    return Door(
        id=identifier,
        name=said.name,
        number=said.number,
        kind=said.kind,
        floor_id=said.floor,
        position=at,
        heading=said.heading,
        width_m=said.width,
        perimeter=said.kind is DoorKind.EXTERIOR if said.perimeter is None else said.perimeter,
        override_reader=said.override_reader,
        opens_by=said.opens_by,
        glass=said.glass,
        normally_open=said.normally_open,
    )


def _window(identifier: str, said: schema.WindowProperties, at: Point, rooms: RoomFinder) -> Window:
    behind = rooms.beside(said.floor, at, said.heading + 180)
    room = said.room or (behind.id if behind else None)
    return Window(identifier, said.number, said.floor, room, at, said.heading, said.width, said.see_through)


def _camera(identifier: str, said: schema.CameraProperties, at: Point, rooms: RoomFinder) -> PlacedCamera:
    around = rooms.at(said.floor, at)
    return PlacedCamera(
        id=CameraId(identifier),
        floor_id=said.floor,
        room_id=said.room or (around.id if around else None),
        position=at,
        heading=said.heading,
        fov=said.fov,
        range_m=said.range,
        height_m=said.height,
        ptz=said.ptz,
    )
