"""What a feature of a plan may say in its ``properties``; told to districts in config/plans/README.md."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.floorplan.model import DoorKind, FeatureKind, RoomKind

Text = Annotated[str, Field(min_length=1)]
Degrees = Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)]


class _Properties(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteProperties(_Properties):
    """The school itself; its point is the anchor of all metres."""

    type: Literal["site"]
    name: Text
    verified_on: date


class BuildingProperties(_Properties):
    """A building, by its outline."""

    type: Literal["building"]
    name: Text


class FloorProperties(_Properties):
    """A storey of a building, by its outline."""

    type: Literal["floor"]
    name: Text
    building: Text
    level: int


class RoomProperties(_Properties):
    """A room, hallway or stairwell, by its outline."""

    type: Literal["room"]
    name: Text
    number: str = ""
    kind: RoomKind
    floor: Text
    windows: tuple[Text, ...] = ()


class DoorProperties(_Properties):
    """A door, at its middle."""

    type: Literal["door"]
    name: Text
    number: str = ""
    kind: DoorKind
    floor: Text
    heading: Degrees


class FeatureProperties(_Properties):
    """Something that responders look for."""

    type: Literal["feature"]
    kind: FeatureKind
    name: Text
    floor: Text


class CameraProperties(_Properties):
    """A camera, where it hangs. ``room`` may be left out: it is the room around the camera, if any."""

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
"""These have a Polygon, all others a Point."""
