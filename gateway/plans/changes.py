"""Describes in sentences how one plan differs from another, for the person who publishes it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import hypot
from typing import Any

from shapely import Polygon

from gateway.floorplan.geometry.places import projection

Json = Mapping[str, Any]

SAME_PLACE = 0.05
"""Two positions count as the same if they differ by less than this, in metres, because documents are rounded."""
SAME_AREA = 0.1
"""Two outlines count as the same if they differ by less than this, in square metres."""


class ChangeKind(StrEnum):
    """Says what has happened to a feature."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """Describes what has happened to one feature. ``name`` is what people call it, and ``details`` are sentences
    without a full stop."""

    kind: ChangeKind
    feature: str
    type: str
    name: str
    details: tuple[str, ...] = ()


def changes(before: Json, after: Json) -> list[Change]:
    """Return how two plans differ, as parsed GeoJSON documents: what was removed, then what was added, then what
    changed. Features are compared by id."""
    old, new = _by_id(before), _by_id(after)
    anchor = _anchor(after) or _anchor(before)
    found = [_change(ChangeKind.REMOVED, old[one]) for one in old if one not in new]
    found += [_change(ChangeKind.ADDED, new[one]) for one in new if one not in old]
    for one, feature in new.items():
        if one in old and (details := tuple(_details(old[one], feature, anchor))):
            found.append(_change(ChangeKind.CHANGED, feature, details))
    return found


def _by_id(document: Json) -> dict[str, Json]:
    features = document.get("features")
    return {
        feature["id"]: feature
        for feature in (features if isinstance(features, list) else ())
        if isinstance(feature, dict) and isinstance(feature.get("id"), str)
    }


def _anchor(document: Json) -> tuple[float, float] | None:
    sites = [feature for feature in _by_id(document).values() if _properties(feature).get("type") == "site"]
    if len(sites) != 1 or not (positions := _positions(sites[0])):
        return None
    return positions[0]


def _properties(feature: Json) -> Json:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else {}


def _change(kind: ChangeKind, feature: Json, details: tuple[str, ...] = ()) -> Change:
    said = _properties(feature)
    words = [str(said[key]) for key in ("number", "name") if said.get(key)]
    number_in_name = len(words) == 2 and words[0] in words[1].split()
    name = words[1] if number_in_name else " ".join(words)
    return Change(kind, str(feature["id"]), str(said.get("type", "feature")), name or str(feature["id"]), details)


def _details(before: Json, after: Json, anchor: tuple[float, float] | None) -> Iterator[str]:
    old, new = _properties(before), _properties(after)
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield f"{key.replace('_', ' ')}: {_value(old.get(key))}, now {_value(new.get(key))}"
    if before.get("geometry") != after.get("geometry"):
        yield from _moved(_positions(before), _positions(after), anchor)


def _value(value: object) -> str:
    match value:
        case None | "" | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_value, value))
        case dict():
            return ", ".join(f"{key} {_value(one)}" for key, one in value.items())
        case _:
            return str(value)


def _moved(
    before: list[tuple[float, float]], after: list[tuple[float, float]], anchor: tuple[float, float] | None
) -> Iterator[str]:
    if anchor is None or not before or not after:
        yield "drawn differently"
        return
    project = projection(anchor)
    old, new = [project(point) for point in before], [project(point) for point in after]
    if len(old) == len(new) == 1:
        metres = hypot(new[0][0] - old[0][0], new[0][1] - old[0][1])
        if metres > SAME_PLACE:
            yield f"moved by {metres:.1f} m"
        return
    if len(old) < 4 or len(new) < 4:
        yield "drawn differently"
        return
    was, now = Polygon(old), Polygon(new)
    if not (was.is_valid and now.is_valid):
        yield "drawn differently"
    elif was.symmetric_difference(now).area > SAME_AREA:
        yield f"outline changed: {was.area:.0f} m², now {now.area:.0f} m²"


def _positions(feature: Json) -> list[tuple[float, float]]:
    """Return the positions of a point, a line or a polygon's first ring, or nothing if they cannot be read."""
    geometry = feature.get("geometry")
    found = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or not isinstance(found, list) or not found:
        return []
    kind = geometry.get("type")
    ring = [found] if kind == "Point" else found if kind == "LineString" else found[0]
    try:
        return [(float(position[0]), float(position[1])) for position in ring]
    except (TypeError, ValueError, IndexError, KeyError):
        return []
