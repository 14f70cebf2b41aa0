"""Checks the features of a plan's GeoJSON (RFC 7946), one at a time. Pure.

``check`` looks at how the features fit together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

from pydantic import ValidationError
from shapely.geometry import Polygon
from shapely.validation import explain_validity

from gateway.configuration.wording import did_you_mean, in_words
from gateway.errors import SightlineError
from gateway.floorplan.model import Outline, Point
from gateway.floorplan.schema import BY_TYPE, Properties, geometries


@dataclass(frozen=True, slots=True)
class RawFeature:
    """Holds one feature whose properties and geometry are valid by themselves.

    ``coordinates`` are (longitude, latitude): one position for a point, several for a line, and a closed ring if
    ``is_area``.
    """

    id: str
    properties: Properties
    coordinates: Outline
    is_area: bool


class FeatureError(SightlineError):
    """A feature is invalid. ``problems`` are sentences that do not name the feature's id."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read_feature(item: object) -> RawFeature:
    """Check one member of ``features``. Raises FeatureError with everything that is wrong with it."""
    if not isinstance(item, dict) or item.get("type") != "Feature":
        raise FeatureError('must be an object with "type": "Feature"')
    identifier = item.get("id")
    if not isinstance(identifier, str) or not identifier:
        raise FeatureError('needs an "id" that is text, beside "type" and not inside "properties"')
    raw = item.get("properties")
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or kind not in BY_TYPE:
        meant = did_you_mean(kind, BY_TYPE) if isinstance(kind, str) else ""
        raise FeatureError(f"properties.type must be one of: {', '.join(BY_TYPE)}{meant}")
    model = BY_TYPE[kind]
    problems: list[str] = []
    properties: Properties | None = None
    try:
        properties = model.model_validate(raw)
    except ValidationError as error:
        problems += (
            f"{_dotted(e['loc'])}: {in_words(cast(Mapping[str, object], e), model.model_fields)}"
            for e in error.errors(include_url=False, include_input=False)
        )
    geometry = item.get("geometry")
    coordinates: Outline = ()
    try:
        coordinates = _coordinates(geometry, geometries(model))
    except FeatureError as error:
        problems += error.problems
    if problems or properties is None:
        raise FeatureError(*problems)
    is_area = isinstance(geometry, dict) and geometry.get("type") == "Polygon"
    return RawFeature(identifier, properties, coordinates, is_area)


def name_of(item: object, index: int) -> str:
    """Return the name of a feature in messages: its id, or its place in the file."""
    identifier = item.get("id") if isinstance(item, dict) else None
    return identifier if isinstance(identifier, str) and identifier else f"feature {index + 1}"


def _coordinates(geometry: object, wanted: tuple[str, ...]) -> Outline:
    if not isinstance(geometry, dict) or geometry.get("type") not in wanted:
        raise FeatureError(f"geometry must be a {' or a '.join(wanted)}")
    raw = geometry.get("coordinates")
    if geometry["type"] == "Point":
        return (_position(raw),)
    if geometry["type"] == "LineString":
        return _line(raw)
    if not isinstance(raw, list) or not raw:
        raise FeatureError("geometry.coordinates of a Polygon must be a list of rings")
    if len(raw) > 1:
        raise FeatureError("an outline must not have a hole: split it into two outlines")
    return _ring(raw[0])


def _line(raw: object) -> Outline:
    line = tuple(_positions(raw))
    if len(line) < 2:
        raise FeatureError("a line needs two or more positions")
    return line


def _ring(raw: object) -> Outline:
    ring = tuple(_positions(raw))
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise FeatureError("an outline needs four or more positions, the last the same as the first")
    if any(a == b for a, b in pairwise(ring)):
        raise FeatureError("an outline has the same position twice in a row")
    shape = Polygon(ring)
    if not shape.is_valid:
        raise FeatureError(f"the outline crosses itself: {explain_validity(shape)}")
    return ring


def _positions(raw: object) -> Iterator[Point]:
    if not isinstance(raw, list):
        raise FeatureError("a ring or line must be a list of positions")
    for position in raw:
        yield _position(position)


def _position(raw: object) -> Point:
    if not isinstance(raw, list) or len(raw) not in (2, 3) or not all(_is_number(value) for value in raw):
        raise FeatureError("a position must be [longitude, latitude]")
    longitude, latitude = raw[:2]
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise FeatureError("a position is outside the world: it must be [longitude, latitude] in degrees")
    return float(longitude), float(latitude)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dotted(location: tuple[int | str, ...]) -> str:
    return ".".join(("properties", *map(str, location)))
