"""Defines the values of a school's floor plan, in metres from the site's anchor: x is east, y is true north. All are
immutable."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from gateway.models import CameraId

Point = tuple[float, float]
Outline = tuple[Point, ...]
"""A closed ring: its last point equals its first, and it has no holes."""


class RoomKind(StrEnum):
    """Says what a room is for. Pages choose the room's colour, pattern and icon accordingly."""

    CLASSROOM = "classroom"
    OFFICE = "office"
    HALLWAY = "hallway"
    STAIRWELL = "stairwell"
    GYM = "gym"
    CAFETERIA = "cafeteria"
    LIBRARY = "library"
    RESTROOM = "restroom"
    UTILITY = "utility"
    OTHER = "other"


class DoorKind(StrEnum):
    """Says whether a door leads outside. Numbers of ``exterior`` doors are painted on the building."""

    EXTERIOR = "exterior"
    INTERIOR = "interior"


class FeatureKind(StrEnum):
    """Lists the things that responders ask for by name."""

    KEY_BOX = "key_box"
    SUPPLY_LOCKER = "supply_locker"
    AED = "aed"
    TRAUMA_KIT = "trauma_kit"
    FIRE_PANEL = "fire_panel"
    GAS_SHUTOFF = "gas_shutoff"
    WATER_SHUTOFF = "water_shutoff"
    ELECTRIC_SHUTOFF = "electric_shutoff"
    ASSEMBLY_POINT = "assembly_point"


@dataclass(frozen=True, slots=True)
class Building:
    """Describes one building of the site."""

    id: str
    name: str
    outline: Outline


@dataclass(frozen=True, slots=True)
class Floor:
    """Describes one storey. ``level`` is 0 for the ground floor."""

    id: str
    name: str
    building_id: str
    level: int
    outline: Outline


@dataclass(frozen=True, slots=True)
class Room:
    """Describes a room, hallway or stairwell.

    ``label`` is a point inside where its name fits. ``windows`` are the numbers on its exterior windows.
    """

    id: str
    name: str
    number: str
    kind: RoomKind
    floor_id: str
    outline: Outline
    label: Point
    windows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """Describes a door in a wall. ``heading`` is the way out through it, in degrees clockwise from true north."""

    id: str
    name: str
    number: str
    kind: DoorKind
    floor_id: str
    position: Point
    heading: float


@dataclass(frozen=True, slots=True)
class Feature:
    """Describes something that responders look for, such as a key box, an AED or a shut-off valve."""

    id: str
    kind: FeatureKind
    name: str
    floor_id: str
    position: Point


@dataclass(frozen=True, slots=True)
class PlacedCamera:
    """Says where a camera hangs and looks.

    ``heading`` and ``fov`` are in degrees. ``range_m`` is the distance up to which its picture is useful. ``room_id``
    is the room that it hangs in, or None outdoors.
    """

    id: CameraId
    floor_id: str
    room_id: str | None
    position: Point
    heading: float
    fov: float
    range_m: float


_Identified = TypeVar("_Identified", Floor, Room, PlacedCamera)


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """Holds the whole plan of one site. ``anchor`` is (longitude, latitude) in WGS84 degrees."""

    name: str
    anchor: Point
    verified_on: date
    buildings: tuple[Building, ...]
    floors: tuple[Floor, ...]
    rooms: tuple[Room, ...]
    doors: tuple[Door, ...]
    features: tuple[Feature, ...]
    cameras: tuple[PlacedCamera, ...]

    def floor(self, floor_id: str) -> Floor:
        """Return the floor with this id. Raises KeyError."""
        return _by_id(self.floors, floor_id)

    def room(self, room_id: str) -> Room:
        """Return the room with this id. Raises KeyError."""
        return _by_id(self.rooms, room_id)

    def camera(self, camera_id: CameraId) -> PlacedCamera:
        """Return the camera with this id. Raises KeyError."""
        return _by_id(self.cameras, camera_id)


def _by_id(items: tuple[_Identified, ...], wanted: str) -> _Identified:
    for item in items:
        if item.id == wanted:
            return item
    raise KeyError(wanted)
