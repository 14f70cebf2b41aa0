"""Draws as SVG which parts of a plan cameras see, in one drawing for all floors. Pure.

Patterns and words carry the meaning, not colour alone: unseen areas are hatched, and areas that two cameras see are
dotted.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import count

from shapely import Polygon, get_parts
from shapely.geometry.base import BaseGeometry

from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.geometry.places import beside
from gateway.floorplan.model import Outline, Point, Room
from gateway.floorplan.review.coverage import FloorCoverage
from gateway.models import CameraId

_SCALE = 10.0
"""Units of the drawing per metre."""
_MARGIN = 6.0
"""Metres around a floor."""
_HEAD = 7.0
"""Metres above a floor, for its title."""
_STYLE = """
text { font-family: sans-serif; fill: #111; text-anchor: middle; dominant-baseline: central }
.title { font-size: 24px; font-weight: bold; text-anchor: start }
.legend { font-size: 18px; text-anchor: start }
.number { font-size: 15px; font-weight: bold }
.camera text { font-size: 12px; fill: #fff; font-weight: bold }
.floor { fill: #fff } .unseen { fill: url(#hatch) }
.once { fill: #bcdcf5 } .twice { fill: url(#dots) }
.wall { fill: none; stroke: #111; stroke-width: 2 }
.cone { fill: none; stroke: #0b5394; stroke-width: 1.2; stroke-dasharray: 6 4 }
.camera circle { fill: #0b3d66; stroke: #fff; stroke-width: 1.5 } .camera line { stroke: #0b3d66; stroke-width: 4 }
"""
_PATTERNS = """
<pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="9" height="9" fill="#fff"/><line x1="0" y1="0" x2="0" y2="9" stroke="#b85c00" stroke-width="2.5"/>
</pattern>
<pattern id="dots" width="9" height="9" patternUnits="userSpaceOnUse">
<rect width="9" height="9" fill="#8cc084"/><circle cx="4.5" cy="4.5" r="1.6" fill="#11510c"/></pattern>
"""
_LEGEND = (("unseen", "not seen"), ("once", "seen by one camera"), ("twice", "seen by two or more cameras"))


def coverage_svg(geometry: Geometry, floors: Sequence[FloorCoverage]) -> str:
    """Return the drawing: the floors one below the other, north up, with a legend of the cameras."""
    numbers = {camera.id: number for number, camera in zip(count(1), geometry.plan.cameras, strict=False)}
    pages, top, width = list[str](), 0.0, 0.0
    for covered in floors:
        west, south, east, north = Polygon(covered.floor.outline).bounds
        place = _Sheet(west - _MARGIN, north + _HEAD, top)
        pages += _floor(geometry, covered, place, numbers)
        top += north - south + _HEAD + _MARGIN
        width = max(width, east - west + 2 * _MARGIN)
    names = [f"{number}  {camera}" for camera, number in numbers.items()]
    legend, lines = _legend(names, top), len(names) // 3 + len(_LEGEND) + 3
    width = max(width, 90.0)
    size = f"{width * _SCALE:.0f} {(top + lines * 2.6) * _SCALE:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-size="14">'
        f"<title>What cameras see: {escape(geometry.plan.name)}</title><style>{_STYLE}</style><defs>{_PATTERNS}</defs>"
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(pages)}{"".join(legend)}</svg>\n'
    )


class _Sheet:
    """Converts positions on a floor, in metres, to positions on the drawing."""

    def __init__(self, west: float, north: float, top: float) -> None:
        self._west, self._north, self._top = west, north, top

    def at(self, point: Point) -> tuple[float, float]:
        return (point[0] - self._west) * _SCALE, (self._north - point[1] + self._top) * _SCALE

    def path(self, shape: BaseGeometry) -> str:
        polygons = [part for part in get_parts(shape) if isinstance(part, Polygon) and not part.is_empty]
        return "".join(self._ring(ring.coords) for part in polygons for ring in (part.exterior, *part.interiors))

    def outline(self, outline: Outline) -> str:
        return self._ring(outline)

    def _ring(self, points: Sequence[Point]) -> str:
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(self.at, points)) + "Z"


def _floor(geometry: Geometry, covered: FloorCoverage, sheet: _Sheet, numbers: Mapping[CameraId, int]) -> Iterator[str]:
    plan, floor = geometry.plan, covered.floor
    west, _, _, north = Polygon(floor.outline).bounds
    x, y = sheet.at((west, north + _HEAD / 2))
    title = f"{plan.building(floor.building_id).name}, {floor.name}"
    yield f'<text class="title" x="{x:.0f}" y="{y:.0f}">{escape(title)}: {_words(covered)}</text>'
    for name, shape in (("unseen", Polygon(floor.outline)), ("floor", covered.seen), ("once", covered.seen)):
        yield f'<path class="{name}" fill-rule="evenodd" d="{sheet.path(shape)}"/>'
    yield f'<path class="twice" fill-rule="evenodd" d="{sheet.path(covered.twice)}"/>'
    for room in covered.rooms:
        yield f'<path class="wall" d="{sheet.outline(room.room.outline)}"/>'
    yield f'<path class="wall" d="{sheet.outline(floor.outline)}"/>'
    cameras = [camera for camera in plan.cameras if camera.floor_id == floor.id]
    for camera in cameras:
        yield f'<path class="cone" d="{sheet.path(geometry.cone(camera.id).intersection(_near(floor.outline)))}"/>'
    for room in covered.rooms:
        yield _label(room.room, sheet)
    for camera in cameras:
        x, y = sheet.at(camera.position)
        to_x, to_y = sheet.at(beside(camera.position, camera.heading, 1.8))
        yield (
            f'<g class="camera"><line x1="{x:.0f}" y1="{y:.0f}" x2="{to_x:.0f}" y2="{to_y:.0f}"/>'
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="10"/><text x="{x:.0f}" y="{y:.0f}">{numbers[camera.id]}</text></g>'
        )


def _label(room: Room, sheet: _Sheet) -> str:
    """Return the room's number, or its name, as large as its width allows."""
    (x, y), label = sheet.at(room.label), room.number or room.name
    west, _, east, _ = Polygon(room.outline).bounds
    size = min(15.0, max(7.0, (east - west) * _SCALE / (0.65 * len(label))))
    half, high = 0.32 * size * len(label) + 2, size * 0.65
    return (
        f'<rect x="{x - half:.0f}" y="{y - high:.0f}" width="{2 * half:.0f}" height="{2 * high:.0f}" fill="#fff" '
        f'opacity="0.85"/><text class="number" style="font-size: {size:.1f}px" x="{x:.0f}" y="{y:.0f}">'
        f"{escape(label)}</text>"
    )


def _near(outline: Outline) -> BaseGeometry:
    return Polygon(outline).envelope.buffer(_MARGIN - 1, join_style="mitre")


def _words(covered: FloorCoverage) -> str:
    seen, twice = round(100 * covered.seen_share), round(100 * covered.twice_share)
    return f"{seen} % of the floor seen, {twice} % twice"


def _legend(names: Sequence[str], top: float) -> Iterator[str]:
    left, y = _MARGIN * _SCALE, (top + 2) * _SCALE
    for name, words in _LEGEND:
        yield f'<rect class="{name}" x="{left:.0f}" y="{y - 11:.0f}" width="36" height="22" stroke="#111"/>'
        yield f'<text class="legend" x="{left + 48:.0f}" y="{y:.0f}">{words}</text>'
        y += 28
    for index, name in enumerate(names):
        x, line = left + (index % 3) * 280, y + 12 + (index // 3) * 26
        yield f'<text class="legend" x="{x:.0f}" y="{line:.0f}">{escape(name)}</text>'
