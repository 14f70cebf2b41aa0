"""Defines the ``properties`` of each type of feature in a plan. config/plans/README.md explains them to districts."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.floorplan.model import DoorKind, FeatureKind, RoomKind

Text = Annotated[str, Field(min_length=1)]
Degrees = Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)]


class _Properties(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteProperties(_Properties):
    """Describes the school itself. Its point is the anchor from which all metres are measured."""

    type: Literal["site"]
    name: Text
    verified_on: date


class BuildingProperties(_Properties):
    """Describes a building by its outline."""

    type: Literal["building"]
    name: Text


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
    floor: Text
    windows: tuple[Text, ...] = ()


class DoorProperties(_Properties):
    """Describes a door by its middle."""

    type: Literal["door"]
    name: Text
    number: str = ""
    kind: DoorKind
    floor: Text
    heading: Degrees


class FeatureProperties(_Properties):
    """Describes something that responders look for."""

    type: Literal["feature"]
    kind: FeatureKind
    name: Text
    floor: Text


class CameraProperties(_Properties):
    """Describes a camera by its position. Without ``room`` it belongs to the room around it, if there is one."""

    type: Literal["camera"]
    floor: Text
    room: Text | None = None
    heading: Degrees
    fov: Annotated[float, Field(gt=0, le=360)]
    range: Annotated[float, Field(gt=0, le=500)]


Properties = (
    SiteProperties
    | BuildingProperties
    | FloorProperties
    | RoomProperties
    | DoorProperties
    | FeatureProperties
    | CameraProperties
)

BY_TYPE: dict[str, type[Properties]] = {
    "site": SiteProperties,
    "building": BuildingProperties,
    "floor": FloorProperties,
    "room": RoomProperties,
    "door": DoorProperties,
    "feature": FeatureProperties,
    "camera": CameraProperties,
}
POLYGONS = (BuildingProperties, FloorProperties, RoomProperties)
"""These types are Polygons; all others are Points."""
