"""Says how each thing on a plan is drawn on paper: a short sign, its shape and its words for the legend. Pure.

The shapes are our own. They follow NFPA 170 in what they distinguish: fire equipment in squares, utilities in
hexagons, medical equipment in circles. All of them can be told apart without colour.
"""

from dataclasses import dataclass
from enum import StrEnum

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
    """Describes the sign of one kind of thing. A ``filled`` sign is white on black."""

    short: str
    words: str
    shape: Shape
    filled: bool = False


SIGNS: dict[FeatureKind, Sign] = {
    FeatureKind.KEY_BOX: Sign("KEY", "Key box", Shape.SQUARE, filled=True),
    FeatureKind.SUPPLY_LOCKER: Sign("LKR", "Emergency locker", Shape.PENTAGON, filled=True),
    FeatureKind.AED: Sign("AED", "Defibrillator", Shape.CIRCLE),
    FeatureKind.TRAUMA_KIT: Sign("TK", "Trauma kit", Shape.CIRCLE, filled=True),
    FeatureKind.EXTINGUISHER: Sign("FE", "Fire extinguisher", Shape.SQUARE),
    FeatureKind.FIRE_PANEL: Sign("FACP", "Fire alarm panel", Shape.SQUARE),
    FeatureKind.ALARM_PANEL: Sign("ALM", "Alarm panel", Shape.SQUARE),
    FeatureKind.GAS_SHUTOFF: Sign("GAS", "Gas shut-off", Shape.HEXAGON),
    FeatureKind.WATER_SHUTOFF: Sign("WTR", "Water shut-off", Shape.HEXAGON),
    FeatureKind.ELECTRIC_SHUTOFF: Sign("ELE", "Electric shut-off", Shape.HEXAGON),
    FeatureKind.HAZARD: Sign("!", "Hazard", Shape.DIAMOND, filled=True),
    FeatureKind.RADIO_DEAD_SPOT: Sign("NO\u00a0RF", "Radio dead spot", Shape.DIAMOND),
    FeatureKind.ELEVATOR: Sign("EL", "Elevator", Shape.SQUARE),
    FeatureKind.ROOF_ACCESS: Sign("ROOF", "Roof access", Shape.PENTAGON),
    FeatureKind.ASSEMBLY_POINT: Sign("AP", "Assembly point", Shape.PENTAGON),
    FeatureKind.REUNIFICATION_POINT: Sign("RP", "Reunification point", Shape.PENTAGON, filled=True),
}
