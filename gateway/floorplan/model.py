"""Defines the values of a school's floor plan, in metres from the site's anchor: x is east, y is true north. All are
immutable."""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from gateway.floorplan.kinds import DoorKind, FeatureKind, GateKind, GroundKind, RoomKind
from gateway.floorplan.verification import Verification
from gateway.models import CameraId

Point = tuple[float, float]
Outline = tuple[Point, ...]
"""A closed ring: its last point equals its first, and it has no holes."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Describes a part of the grounds, or of what surrounds them.

    ``points`` is a closed ring if ``is_area``, and otherwise a line, such as the middle of a road.
    """

    id: str
    kind: GroundKind
    name: str
    points: tuple[Point, ...]
    is_area: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """Describes a gate in a fence. ``opens_by`` names the key or credential that opens it."""

    id: str
    name: str
    number: str
    kind: GateKind
    position: Point
    override_reader: bool
    opens_by: str


@dataclass(frozen=True, slots=True)
class Building:
    """Describes one building of the site. A ``portable`` one is a temporary classroom."""

    id: str
    name: str
    outline: Outline
    portable: bool = False


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

    ``label`` is a point inside it where its name fits. ``windows`` are the numbers on its exterior windows. ``use``
    says more than ``kind``, such as "chemistry". ``joins`` are the rooms on other floors to which a stairwell leads.
    """

    id: str
    name: str
    number: str
    kind: RoomKind
    floor_id: str
    outline: Outline
    label: Point
    windows: tuple[str, ...] = ()
    use: str = ""
    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """Describes a door in a wall. ``heading`` is the direction out through it, in degrees clockwise from true north.

    A ``perimeter`` door keeps strangers out. A door with an ``override_reader`` opens to the responders' credential,
    and ``opens_by`` names whatever else opens it. Cameras see through a ``glass`` door and a ``normally_open`` one.
    """

    id: str
    name: str
    number: str
    kind: DoorKind
    floor_id: str
    position: Point
    heading: float
    width_m: float = 1.0
    perimeter: bool = False
    override_reader: bool = False
    opens_by: str = ""
    glass: bool = False
    normally_open: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Describes a numbered window. ``heading`` is the direction out through it.

    ``drawn`` is False if the plan only names the window in its room. Its place is then estimated: windows are spread
    along the room's longest outside wall. Cameras see through a window that is ``see_through``.
    """

    id: str
    number: str
    floor_id: str
    room_id: str | None
    position: Point
    heading: float
    width_m: float = 1.5
    see_through: bool = False
    drawn: bool = True


@dataclass(frozen=True, slots=True)
class Feature:
    """Describes something that responders look for, such as a key box, an AED or a shut-off valve.

    ``floor_id`` is None for a feature of the grounds. ``contents`` lists what a locker holds, and ``checked_on`` is
    the last day on which somebody checked it. ``hazard`` says what is dangerous: "chlorine", "propane tank".
    """

    id: str
    kind: FeatureKind
    name: str
    floor_id: str | None
    position: Point
    contents: tuple[str, ...] = ()
    checked_on: date | None = None
    hazard: str = ""


@dataclass(frozen=True, slots=True)
class PlacedCamera:
    """Says where a camera is and where it points.

    ``heading`` and ``fov`` are in degrees. ``range_m`` is the distance up to which its picture is useful. ``room_id``
    is the room that it is in, or None outdoors. ``height_m`` is its height above its floor, if known. A ``ptz`` camera
    can turn, so it may look elsewhere.
    """

    id: CameraId
    floor_id: str
    room_id: str | None
    position: Point
    heading: float
    fov: float
    range_m: float
    height_m: float | None = None
    ptz: bool = False

    @property
    def outdoor(self) -> bool:
        """True if the camera is outdoors."""
        return self.room_id is None


Area = Building | Floor | Room
Spot = Door | Window | Feature | PlacedCamera | Gate
_Identified = TypeVar("_Identified", Building, Floor, Room, Door, PlacedCamera)


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """Holds the whole plan of one site. ``anchor`` is (longitude, latitude) in WGS84 degrees.

    ``verified_on`` is the day from which the plan counts as verified (see ``verification``). ``verifications`` is
    empty if the plan only states that day.
    """

    name: str
    anchor: Point
    verified_on: date
    buildings: tuple[Building, ...]
    floors: tuple[Floor, ...]
    rooms: tuple[Room, ...]
    doors: tuple[Door, ...]
    features: tuple[Feature, ...]
    cameras: tuple[PlacedCamera, ...]
    windows: tuple[Window, ...] = ()
    grounds: tuple[Ground, ...] = ()
    gates: tuple[Gate, ...] = ()
    address: str = ""
    verifications: tuple[Verification, ...] = ()

    @property
    def areas(self) -> tuple[Area, ...]:
        """Everything that has an outline."""
        return *self.buildings, *self.floors, *self.rooms

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Everything that has a position."""
        return *self.doors, *self.windows, *self.features, *self.cameras, *self.gates

    @property
    def stacked_floors(self) -> tuple[Floor, ...]:
        """The floors from the lowest up, building by building, in the order in which the buildings are drawn."""
        order = {building.id: index for index, building in enumerate(self.buildings)}
        return tuple(sorted(self.floors, key=lambda floor: (order[floor.building_id], floor.level)))

    def building(self, building_id: str) -> Building:
        """Return the building with this id. Raises KeyError."""
        return _by_id(self.buildings, building_id)

    def floor(self, floor_id: str) -> Floor:
        """Return the floor with this id. Raises KeyError."""
        return _by_id(self.floors, floor_id)

    def room(self, room_id: str) -> Room:
        """Return the room with this id. Raises KeyError."""
        return _by_id(self.rooms, room_id)

    def door(self, door_id: str) -> Door:
        """Return the door with this id. Raises KeyError."""
        return _by_id(self.doors, door_id)

    def camera(self, camera_id: CameraId) -> PlacedCamera:
        """Return the camera with this id. Raises KeyError."""
        return _by_id(self.cameras, camera_id)


def _by_id(items: tuple[_Identified, ...], wanted: str) -> _Identified:
    for item in items:
        if item.id == wanted:
            return item
    raise KeyError(wanted)
