"""Lists the kinds of things on a floor plan. The values are the words of the plan's file and of the API."""

from enum import StrEnum


class RoomKind(StrEnum):
    """Says what a room is for. Pages choose the room's colour, pattern and icon accordingly."""

    CLASSROOM = "classroom"
    OFFICE = "office"
    HALLWAY = "hallway"
    STAIRWELL = "stairwell"
    GYM = "gym"
    CAFETERIA = "cafeteria"
    LIBRARY = "library"
    AUDITORIUM = "auditorium"
    KITCHEN = "kitchen"
    LOCKER_ROOM = "locker_room"
    RESTROOM = "restroom"
    STORAGE = "storage"
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
    EXTINGUISHER = "extinguisher"
    FIRE_PANEL = "fire_panel"
    ALARM_PANEL = "alarm_panel"
    GAS_SHUTOFF = "gas_shutoff"
    WATER_SHUTOFF = "water_shutoff"
    ELECTRIC_SHUTOFF = "electric_shutoff"
    HAZARD = "hazard"
    RADIO_DEAD_SPOT = "radio_dead_spot"
    ELEVATOR = "elevator"
    ROOF_ACCESS = "roof_access"
    ASSEMBLY_POINT = "assembly_point"
    REUNIFICATION_POINT = "reunification_point"


class GroundKind(StrEnum):
    """Says what a part of the grounds is. A ``road`` or ``fence`` is a line or an area; all others are areas."""

    PARKING = "parking"
    ATHLETIC_FIELD = "athletic_field"
    PLAYGROUND = "playground"
    ROAD = "road"
    FENCE = "fence"
    NEIGHBORING_PROPERTY = "neighboring_property"


class GateKind(StrEnum):
    """Says who or what fits through a gate."""

    VEHICLE = "vehicle"
    PEDESTRIAN = "pedestrian"


class Side(StrEnum):
    """Names the two sides that verify a plan."""

    SCHOOL = "school"
    POLICE = "police"


class Method(StrEnum):
    """Says how a plan was verified: by walking through the school with it, or at a desk."""

    WALK_THROUGH = "walk_through"
    DESK_REVIEW = "desk_review"
