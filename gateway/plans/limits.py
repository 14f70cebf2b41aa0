"""Reads a draft that somebody sends, within limits that no school needs, so that no draft can keep the gateway busy.

It may still be far from a valid plan: ``version.check`` says so. Pure.
"""

import json
import math
from collections.abc import Iterable
from typing import Any

from gateway.errors import BadRequest
from gateway.floorplan.document import Document, text_of

LARGEST_DRAFT = 1024 * 1024
"""The maximum size of a draft in bytes. A plan of 400 rooms and 150 cameras has about 200 kB."""
MOST_FEATURES = 3000
MOST_POSITIONS = 30_000
LONGEST_TEXT = 300
LONGEST_LIST = 100
LONGEST_ID = 100
_DIGITS = 15
_DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2}


def read_draft(text: bytes) -> Document:
    """Return the document of a draft, without members that plans do not have. Raises BadRequest, which names the fault
    and the feature."""
    try:
        document = json.loads(text, parse_constant=_refused, parse_float=_finite, parse_int=_whole)
    except (ValueError, RecursionError):
        raise _bad("The plan must be JSON in UTF-8, with numbers of an ordinary size") from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise _bad('The plan must be GeoJSON: an object with "type": "FeatureCollection" and "features"')
    if len(features) > MOST_FEATURES:
        raise _bad(f"The plan has more than {MOST_FEATURES} features")
    read: Document = {"type": "FeatureCollection", "features": [_feature(feature) for feature in features]}
    if sum(_positions(feature["geometry"]) for feature in read["features"]) > MOST_POSITIONS:
        raise _bad(f"The plan has more than {MOST_POSITIONS} positions")
    try:
        text_of(read).encode()
    except UnicodeEncodeError:
        raise _bad("The plan must be JSON in UTF-8") from None
    return read


def _feature(feature: object) -> dict[str, Any]:
    identifier = feature.get("id") if isinstance(feature, dict) else None
    if not isinstance(feature, dict) or not isinstance(identifier, str) or not 0 < len(identifier) <= LONGEST_ID:
        raise _bad(f'Each feature must be an object with an "id" of 1 to {LONGEST_ID} characters')
    properties = feature.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("type"), str):
        raise _bad(f'{identifier}: a feature needs "properties" with a "type"')
    if not all(_is_text(key) and _is_value(value) for key, value in properties.items()):
        raise _bad(
            f"{identifier}: properties are texts of at most {LONGEST_TEXT} characters, numbers, true, false, or lists "
            f"of at most {LONGEST_LIST}"
        )
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or not isinstance(kind, str) or kind not in _DIMENSIONS:
        raise _bad(f"{identifier}: geometry must be a Point, a LineString or a Polygon")
    coordinates = geometry.get("coordinates")
    if not all(_is_position(position) for position in _flat([coordinates], _DIMENSIONS[kind], identifier)):
        raise _bad(f"{identifier}: a position must be [longitude, latitude] in degrees")
    return {
        "type": "Feature",
        "id": identifier,
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def _flat(values: Iterable[object], depth: int, identifier: str) -> list[object]:
    """Return the positions in nested lists."""
    for _ in range(depth):
        inner: list[object] = []
        for value in values:
            if not isinstance(value, list):
                raise _bad(f"{identifier}: geometry.coordinates must be lists of positions")
            inner += value
        values = inner
    return list(values)


def _is_position(value: object) -> bool:
    if not isinstance(value, list) or len(value) not in (2, 3):
        return False
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value):
        return False
    return bool(abs(value[0]) <= 180 and abs(value[1]) <= 90)


def _is_value(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= LONGEST_LIST and all(_is_simple(one) or _is_record(one) for one in value)
    return _is_simple(value)


def _is_record(value: object) -> bool:
    """Return True for a flat object, such as a verification."""
    return (
        isinstance(value, dict)
        and len(value) <= 10
        and all(map(_is_text, value))
        and all(map(_is_simple, value.values()))
    )


def _is_simple(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float) or _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _positions(geometry: dict[str, Any]) -> int:
    return len(_flat([geometry["coordinates"]], _DIMENSIONS[geometry["type"]], ""))


def _refused(name: str) -> float:
    raise ValueError(f"JSON has no {name}")


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number} is too large")
    return value


def _whole(number: str) -> int:
    if len(number) > _DIGITS:
        raise ValueError("too many digits")
    return int(number)


def _bad(fault: str) -> BadRequest:
    return BadRequest("bad_body", f"{fault}.")
