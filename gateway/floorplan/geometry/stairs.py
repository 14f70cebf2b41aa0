"""Finds which stairwells are connected. Pure."""

from itertools import combinations

from shapely import Polygon

from gateway.floorplan.kinds import RoomKind
from gateway.floorplan.model import Floor, FloorPlan, Room

_ABOVE = 0.5
"""Two stairwells are the same stairs if this fraction of the smaller one is directly above or below the other."""


def storeys(plan: FloorPlan) -> list[tuple[Room, Room, int]]:
    """Return the pairs of stairwells that one can climb between, and the number of levels between the two.

    These are the pairs that the plan joins. Stairwells that it joins to nothing are joined to those of their building
    directly above or below them, one level away.
    """
    floors = {floor.id: floor for floor in plan.floors}
    stairs = [room for room in plan.rooms if room.kind is RoomKind.STAIRWELL]
    joined = {room_id for room in stairs for room_id in (room.joins and (room.id, *room.joins))}
    found = []
    for one, other in combinations(stairs, 2):
        low, high = floors[one.floor_id], floors[other.floor_id]
        levels = abs(low.level - high.level)
        if other.id in one.joins or one.id in other.joins:
            found.append((one, other, max(1, levels)))
        elif levels == 1 and not joined & {one.id, other.id} and _is_above(one, other, low, high):
            found.append((one, other, 1))
    return found


def _is_above(one: Room, other: Room, low: Floor, high: Floor) -> bool:
    if low.building_id != high.building_id:
        return False
    first, second = Polygon(one.outline), Polygon(other.outline)
    return float(first.intersection(second).area) >= _ABOVE * float(min(first.area, second.area))
