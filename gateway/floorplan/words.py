"""Names rooms and places the way people say them. Pure."""

from gateway.floorplan.model import FloorPlan, Room


def room_words(room: Room) -> str:
    """Return the spoken name of a room: ``204 Science``, but not ``204 Classroom 204``."""
    return room.name if not room.number or room.number in room.name.split() else f"{room.number} {room.name}"


def place_words(plan: FloorPlan, room_id: str | None, place: str) -> str | None:
    """Return a trigger's place: the room, or the words in the trigger, marked as not on the plan. Return None if
    the trigger named no place."""
    room = next((room for room in plan.rooms if room.id == room_id), None)
    if room is not None:
        return room_words(room)
    said = room_id or place
    return f"{said} (not on the plan)" if said else None
