"""Loads a plan file: reads it, projects it to metres and checks it. All problems are reported together."""

import json
from pathlib import Path

from gateway.errors import ConfigurationError
from gateway.floorplan.assembly import assemble
from gateway.floorplan.check import plan_problems
from gateway.floorplan.geojson import FeatureError, RawFeature, name_of, read_feature
from gateway.floorplan.model import FloorPlan
from gateway.floorplan.schema import SiteProperties


def load_plan(path: Path) -> FloorPlan:
    """Read a plan. Raises ConfigurationError with every problem as ``file: feature id: message``."""
    return parse_plan(read_document(path), str(path))


def read_document(path: Path) -> object:
    """Return the JSON of a plan file. Raises ConfigurationError, with the line, if it is not JSON."""
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from None
    except json.JSONDecodeError as error:
        raise ConfigurationError([f"{path}:{error.lineno}: is not JSON: {error.msg}"]) from None
    except (ValueError, RecursionError):
        raise ConfigurationError([f"{path}: is not readable JSON in UTF-8"]) from None
    return document


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
    sites = [f for f in features if isinstance(f.properties, SiteProperties)]
    if len(sites) != 1:
        raise ConfigurationError([*problems, f"{name}: needs exactly one feature of type site, has {len(sites)}"])
    plan = assemble(sites[0], features)
    problems += (f"{name}: {feature}: {problem}" for feature, problem in plan_problems(plan, complete=not problems))
    if problems:
        raise ConfigurationError(problems)
    return plan
