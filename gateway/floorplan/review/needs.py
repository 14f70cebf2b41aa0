"""Answers whether a plan has what a law may require: it is there, it is missing, or the plan does not say. Pure.

An answer says only what is drawn. It makes no claim about any law.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.floorplan.grid import grid_of
from gateway.floorplan.kinds import DoorKind, FeatureKind, GroundKind, Method, RoomKind
from gateway.floorplan.model import FloorPlan
from gateway.floorplan.verification import DUE_AFTER, months_since


class State(StrEnum):
    """Says whether the plan has what is required."""

    HERE = "here"
    MISSING = "missing"
    ELSEWHERE = "not shown by the plan"


@dataclass(frozen=True, slots=True)
class Answer:
    """Holds the state of a need, and what the plan has, in words."""

    state: State
    words: str


Need = Callable[[FloorPlan, date], Answer]


def answer(need: str, plan: FloorPlan, today: date) -> Answer:
    """Return the answer to a need by its name. Raises KeyError for an unknown one."""
    return NEEDS[need][1](plan, today)


def _counted(number: int, of: int, what: str) -> Answer:
    """Return ``HERE`` if there is something to count and all of it counts, and else ``MISSING``."""
    state = State.HERE if of and number == of else State.MISSING
    return Answer(state, f"{number} of {of} {what}")


def _features(*kinds: FeatureKind) -> Need:
    def find(plan: FloorPlan, _: date) -> Answer:
        names = {kind: sum(feature.kind is kind for feature in plan.features) for kind in kinds}
        words = ", ".join(f"{count or 'no'} {kind.value.replace('_', ' ')}" for kind, count in names.items())
        return Answer(State.HERE if all(names.values()) else State.MISSING, words)

    return find


def _grounds(kind: GroundKind) -> Need:
    def find(plan: FloorPlan, _: date) -> Answer:
        names = [ground.name for ground in plan.grounds if ground.kind is kind]
        return Answer(State.HERE, ", ".join(names)) if names else Answer(State.MISSING, "none is drawn")

    return find


def _always(state: State, words: str) -> Need:
    return lambda plan, today: Answer(state, words)


def _floor_plans(plan: FloorPlan, _: date) -> Answer:
    empty = [floor.name for floor in plan.floors if not any(room.floor_id == floor.id for room in plan.rooms)]
    words = f"{len(plan.floors)} floors, {len(plan.rooms)} rooms"
    return Answer(State.MISSING, f"{words}; without rooms: {', '.join(empty)}") if empty else Answer(State.HERE, words)


def _numbered_rooms(plan: FloorPlan, _: date) -> Answer:
    rooms = [room for room in plan.rooms if room.kind is not RoomKind.HALLWAY]
    return _counted(sum(bool(room.number) for room in rooms), len(rooms), "rooms have a number")


def _labelled_rooms(plan: FloorPlan, _: date) -> Answer:
    return _counted(sum(bool(room.name) for room in plan.rooms), len(plan.rooms), "rooms have a label")


def _hallways(plan: FloorPlan, _: date) -> Answer:
    names = [room.name for room in plan.rooms if room.kind is RoomKind.HALLWAY]
    return Answer(State.HERE, ", ".join(names)) if names else Answer(State.MISSING, "no hallway is drawn")


def _exterior_doors(plan: FloorPlan, _: date) -> Answer:
    doors = [door for door in plan.doors if door.kind is DoorKind.EXTERIOR]
    return _counted(sum(bool(door.number) for door in doors), len(doors), "exterior doors have a number")


def _stairwells(plan: FloorPlan, _: date) -> Answer:
    stairs = [room for room in plan.rooms if room.kind is RoomKind.STAIRWELL]
    return _counted(sum(bool(room.number) for room in stairs), len(stairs), "stairwells have a number")


def _doors_or_stairwells(plan: FloorPlan, today: date) -> Answer:
    doors, stairs = _exterior_doors(plan, today), _stairwells(plan, today)
    states: Iterable[State] = (doors.state, stairs.state)
    return Answer(State.HERE if State.HERE in states else State.MISSING, f"{doors.words}; {stairs.words}")


def _access_points(plan: FloorPlan, _: date) -> Answer:
    doors = [door for door in plan.doors if door.kind is DoorKind.EXTERIOR]
    words = f"{len(doors)} exterior doors, {len(plan.gates)} gates"
    return Answer(State.HERE if doors else State.MISSING, words)


def _grid(plan: FloorPlan, _: date) -> Answer:
    grid = grid_of(plan)
    return Answer(State.HERE, f"{grid.columns} columns and {grid.rows} rows of {grid.cell_m} m")


def _walk(within: int | None) -> Need:
    def find(plan: FloorPlan, today: date) -> Answer:
        walks = [one for one in plan.verifications if one.how is Method.WALK_THROUGH]
        if not walks:
            return Answer(State.MISSING, f"verified on {plan.verified_on}, but not by whom or how")
        last = max(walks, key=lambda one: one.on)
        months = months_since(last.on, today)
        state = State.HERE if within is None or months < within else State.MISSING
        return Answer(state, f"{last.by} ({last.side.value}) on {last.on}, {months} months ago")

    return find


NEEDS: dict[str, tuple[str, Need]] = {
    "floor_plans": ("floor plans", _floor_plans),
    "room_numbers": ("room numbers", _numbered_rooms),
    "room_labels": ("room labels", _labelled_rooms),
    "hallway_names": ("names of hallways", _hallways),
    "exterior_door_numbers": ("numbers of exterior doors", _exterior_doors),
    "stairwell_numbers": ("numbers of stairwells", _stairwells),
    "door_or_stairwell_numbers": ("numbers of exterior doors or stairwells", _doors_or_stairwells),
    "access_points": ("ways into the buildings", _access_points),
    "hazards": ("hazards", _features(FeatureKind.HAZARD)),
    "utilities": (
        "utility shut-offs",
        _features(FeatureKind.GAS_SHUTOFF, FeatureKind.WATER_SHUTOFF, FeatureKind.ELECTRIC_SHUTOFF),
    ),
    "key_boxes": ("key boxes", _features(FeatureKind.KEY_BOX)),
    "aeds": ("defibrillators", _features(FeatureKind.AED)),
    "trauma_kits": ("trauma kits", _features(FeatureKind.TRAUMA_KIT)),
    "parking": ("parking areas", _grounds(GroundKind.PARKING)),
    "athletic_fields": ("athletic fields", _grounds(GroundKind.ATHLETIC_FIELD)),
    "roads": ("surrounding roads", _grounds(GroundKind.ROAD)),
    "neighboring_properties": ("neighbouring properties", _grounds(GroundKind.NEIGHBORING_PROPERTY)),
    "grid": ("a grid with coordinates", _grid),
    "true_north": ("true north", _always(State.HERE, "the plan is drawn to true north")),
    "walk_through": ("a walk-through", _walk(None)),
    "annual_walk_through": ("a walk-through every year", _walk(DUE_AFTER)),
    "digital": ("a digital form", _always(State.HERE, "GeoJSON, RFC 7946")),
    "opens_elsewhere": (
        "a form that other software opens",
        _always(State.ELSEWHERE, "GeoJSON; ask the agencies whether their software opens it"),
    ),
    "printable": ("a printable form", _always(State.ELSEWHERE, "print the plan and look at it")),
    "aerial_imagery": ("aerial imagery", _always(State.ELSEWHERE, "the plan holds no pictures")),
}
"""Maps everything that can be required of a plan to its name for people and to the function that looks for it."""
