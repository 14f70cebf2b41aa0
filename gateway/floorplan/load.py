"""Loads a plan file: reads it, projects it to metres and checks it. All problems are reported together."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gateway.errors import ConfigurationError
from gateway.floorplan import schema
from gateway.floorplan.check import plan_problems
from gateway.floorplan.geojson import FeatureError, RawFeature, name_of, read_feature
from gateway.floorplan.geometry import label_point, projection, room_at
from gateway.floorplan.model import Building, Door, Feature, Floor, FloorPlan, Outline, PlacedCamera, Point, Room
from gateway.models import CameraId

_Kind = TypeVar("_Kind", bound=schema.Properties)


def load_plan(path: Path) -> FloorPlan:
    """Read a plan. Raises ConfigurationError with every problem as ``file: feature id: message``."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from None
    except json.JSONDecodeError as error:
        raise ConfigurationError([f"{path}:{error.lineno}: is not JSON: {error.msg}"]) from None
    except (ValueError, RecursionError):
        raise ConfigurationError([f"{path}: is not readable JSON in UTF-8"]) from None
    return parse_plan(document, str(path))


def parse_plan(document: object, name: str) -> FloorPlan:
    """Return the plan in a parsed GeoJSON document. ``name`` precedes every problem. Raises ConfigurationError."""
    items = document.get("features") if isinstance(document, dict) else None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection" or not isinstance(items, list):
        raise ConfigurationError([f'{name}: must be an object with "type": "FeatureCollection" and "features"'])
    problems: list[str] = []
    features: list[RawFeature] = []
    for index, item in enumerate(items):
        try:
            features.append(read_feature(item))
        except FeatureError as error:
            problems += (f"{name}: {name_of(item, index)}: {problem}" for problem in error.problems)
    sites = [f for f in features if isinstance(f.properties, schema.SiteProperties)]
    if len(sites) != 1:
        raise ConfigurationError([*problems, f"{name}: needs exactly one feature of type site, has {len(sites)}"])
    plan = _assemble(sites[0], features)
    problems += (f"{name}: {feature}: {problem}" for feature, problem in plan_problems(plan, complete=not problems))
    if problems:
        raise ConfigurationError(problems)
    return plan


def _assemble(site: RawFeature, features: list[RawFeature]) -> FloorPlan:
    anchor = site.coordinates[0]
    project = projection(anchor)
    assert isinstance(site.properties, schema.SiteProperties)  # noqa: S101 (the caller chose it by this type)
    rooms = tuple(_room(f.id, p, outline) for f, p, outline in _of(features, schema.RoomProperties, project))
    return FloorPlan(
        name=site.properties.name,
        anchor=anchor,
        verified_on=site.properties.verified_on,
        buildings=tuple(
            Building(f.id, p.name, outline) for f, p, outline in _of(features, schema.BuildingProperties, project)
        ),
        floors=tuple(
            Floor(f.id, p.name, p.building, p.level, outline)
            for f, p, outline in _of(features, schema.FloorProperties, project)
        ),
        rooms=rooms,
        doors=tuple(
            Door(f.id, p.name, p.number, p.kind, p.floor, at[0], p.heading)
            for f, p, at in _of(features, schema.DoorProperties, project)
        ),
        features=tuple(
            Feature(f.id, p.kind, p.name, p.floor, at[0])
            for f, p, at in _of(features, schema.FeatureProperties, project)
        ),
        cameras=tuple(_camera(f.id, p, at[0], rooms) for f, p, at in _of(features, schema.CameraProperties, project)),
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
    return Room(identifier, said.name, said.number, said.kind, said.floor, outline, label_point(outline), said.windows)


def _camera(identifier: str, said: schema.CameraProperties, at: Point, rooms: tuple[Room, ...]) -> PlacedCamera:
    around = room_at(rooms, said.floor, at)
    room = said.room or (around.id if around else None)
    return PlacedCamera(CameraId(identifier), said.floor, room, at, said.heading, said.fov, said.range)
