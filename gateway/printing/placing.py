"""Places labels so that none covers another. A label that cannot be where it belongs gets a line to its place. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin

from gateway.floorplan.model import Point
from gateway.printing.paper import Box

GAP = 1.2
DIRECTIONS = 16
STEP = 5.0
FARTHEST = 110.0
"""A label may move by at most this many points to find a free place."""


@dataclass(frozen=True, slots=True)
class Label:
    """Describes a label: its size, and the point that it is about, which is its middle if there is room."""

    key: str
    about: Point
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Says where the middle of a label is, and whether it needs a line to the point that it is about."""

    label: Label
    at: Point
    leads: bool

    @property
    def box(self) -> Box:
        """The label's box."""
        return box_around(self.at, self.label.width, self.label.height)


def box_around(middle: Point, width: float, height: float) -> Box:
    """Return the box of this size around a point."""
    x, y = middle
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def overlap(one: Box, other: Box, gap: float = 0.0) -> bool:
    """Return True if two boxes are closer to each other than ``gap``."""
    return one[0] < other[2] + gap and other[0] < one[2] + gap and one[1] < other[3] + gap and other[1] < one[3] + gap


def place(labels: Iterable[Label], taken: Sequence[Box], frame: Box) -> list[Placed]:
    """Place labels within ``frame``, the most important first, beside the boxes that are ``taken``.

    No label is left out: if there is no free place nearby, a label stays where it belongs.
    """
    occupied, placed = list(taken), list[Placed]()
    for label in labels:
        found = _free(label, occupied, frame)
        one = Placed(label, found or label.about, found is not None and found != label.about)
        occupied.append(one.box)
        placed.append(one)
    return placed


def _free(label: Label, occupied: Sequence[Box], frame: Box) -> Point | None:
    x, y = label.about
    radius = 0.0
    while radius <= FARTHEST:
        for turn in range(DIRECTIONS if radius else 1):
            angle = 2 * pi * turn / DIRECTIONS
            at = (x + radius * cos(angle), y + radius * sin(angle))
            box = box_around(at, label.width, label.height)
            inside = frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]
            if inside and not any(overlap(box, other, GAP) for other in occupied):
                return at
        radius += STEP
    return None


def edge_towards(box: Box, point: Point) -> Point:
    """Return the point on the edge of a box at which a line from the box to ``point`` begins."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    dx, dy = point[0] - x, point[1] - y
    if hypot(dx, dy) == 0:
        return x, y
    half_width, half_height = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    factor = min(half_width / abs(dx) if dx else 1e9, half_height / abs(dy) if dy else 1e9, 1.0)
    return x + dx * factor, y + dy * factor
