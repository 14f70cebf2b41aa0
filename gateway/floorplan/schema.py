"""Defines the ``properties`` of each type of feature in a plan. config/plans/README.md explains them to districts."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.floorplan.kinds import DoorKind, FeatureKind, GateKind, GroundKind, Method, RoomKind, Side

Text = Annotated[str, Field(min_length=1)]
Degrees = Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)]
Width = Annotated[float, Field(gt=0, le=20)]


class _Properties(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VerificationProperties(_Properties):
    """Says who compared the plan with the school, when and how."""

    side: Side
    on: date
    by: Text
    how: Method


class SiteProperties(_Properties):
    """Describes the school itself. Its point is the anchor from which all metres are measured."""

    type: Literal["site"]
    name: Text
    address: str = ""
    verified_on: date | None = None
    verifications: tuple[VerificationProperties, ...] = ()

    @model_validator(mode="after")
    def _verified_once(self) -> Self:
        if (self.verified_on is None) is not bool(self.verifications):
            raise ValueError("give either verified_on or verifications")
        return self


class GroundProperties(_Properties):
    """Describes a part of the grounds, or of what surrounds them, by its outline or, if it is narrow, by a line."""

    type: Literal["ground"]
    kind: GroundKind
    name: Text


class GateProperties(_Properties):
    """Describes a gate in a fence by its middle."""

    type: Literal["gate"]
    name: Text
    number: str = ""
    kind: GateKind
    override_reader: bool = False
    opens_by: str = ""


class BuildingProperties(_Properties):
    """Describes a building by its outline."""

    type: Literal["building"]
    name: Text
    portable: bool = False


class FloorProperties(_Properties):
    """Describes a storey of a building by its outline."""

    type: Literal["floor"]
    name: Text
    building: Text
    level: int


class RoomProperties(_Properties):
    """Describes a room, hallway or stairwell by its outline."""

    type: Literal["room"]
    name: Text
    number: str = ""
    kind: RoomKind
    use: str = ""
    floor: Text
    windows: tuple[Text, ...] = ()
    joins: tuple[Text, ...] = ()


class DoorProperties(_Properties):
    """Describes a door by its middle. Without ``perimeter``, it belongs to the perimeter if it is exterior."""

    type: Literal["door"]
    name: Text
    number: str = ""
    kind: DoorKind
    floor: Text
    heading: Degrees
    width: Width = 1.0
    perimeter: bool | None = None
    override_reader: bool = False
    opens_by: str = ""
    glass: bool = False
    normally_open: bool = False


class WindowProperties(_Properties):
    """Describes a numbered window by its middle. Without ``room`` it belongs to the room behind it."""

    type: Literal["window"]
    number: Text
    floor: Text
    room: Text | None = None
    heading: Degrees
    width: Width = 1.5
    see_through: bool = False


class FeatureProperties(_Properties):
    """Describes something that responders look for. Without ``floor`` it stands on the grounds."""

    type: Literal["feature"]
    kind: FeatureKind
    name: Text
    floor: Text | None = None
    contents: tuple[Text, ...] = ()
    checked_on: date | None = None
    hazard: str = ""


class CameraProperties(_Properties):
    """Describes a camera by its position. Without ``room`` it belongs to the room around it, if there is one."""

    type: Literal["camera"]
    floor: Text
    room: Text | None = None
    heading: Degrees
    fov: Annotated[float, Field(gt=0, le=360)]
    range: Annotated[float, Field(gt=0, le=500)]
    height: Annotated[float, Field(gt=0, le=100)] | None = None
    ptz: bool = False


Properties = (
    SiteProperties
    | GroundProperties
    | GateProperties
    | BuildingProperties
    | FloorProperties
    | RoomProperties
    | DoorProperties
    | WindowProperties
    | FeatureProperties
    | CameraProperties
)

BY_TYPE: dict[str, type[Properties]] = {
    "site": SiteProperties,
    "ground": GroundProperties,
    "gate": GateProperties,
    "building": BuildingProperties,
    "floor": FloorProperties,
    "room": RoomProperties,
    "door": DoorProperties,
    "window": WindowProperties,
    "feature": FeatureProperties,
    "camera": CameraProperties,
}


def geometries(model: type[Properties]) -> tuple[str, ...]:
    """Return the geometry types that a feature of this type may have."""
    if model is GroundProperties:
        return "Polygon", "LineString"
    return ("Polygon",) if model in (BuildingProperties, FloorProperties, RoomProperties) else ("Point",)
