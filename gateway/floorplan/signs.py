"""Reads how each thing on a plan is drawn: a short sign, its shape, its words and its importance.

``signs.json`` is the one table for paper, for the page and for the editor: the page is built with the same file. The
shapes are our own. They follow NFPA 170 in what they distinguish: fire equipment in squares, utilities in hexagons,
medical equipment in circles. All of them can be told apart without colour.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from gateway.floorplan.kinds import FeatureKind


class Shape(StrEnum):
    """Names the outline of a sign."""

    SQUARE = "square"
    HEXAGON = "hexagon"
    CIRCLE = "circle"
    DIAMOND = "diamond"
    PENTAGON = "pentagon"


@dataclass(frozen=True, slots=True)
class Sign:
    """Describes the sign of one kind of thing. A ``filled`` sign is white on black. Signs of ``importance`` 1 are never
    left out of a drawing; the higher the number, the sooner a crowded drawing does without the sign."""

    short: str
    words: str
    shape: Shape
    filled: bool
    importance: int


def _signs() -> dict[FeatureKind, Sign]:
    table = json.loads(files("gateway.floorplan").joinpath("signs.json").read_text(encoding="utf-8"))
    return {FeatureKind(kind): Sign(**{**row, "shape": Shape(row["shape"])}) for kind, row in table.items()}


SIGNS: dict[FeatureKind, Sign] = _signs()
