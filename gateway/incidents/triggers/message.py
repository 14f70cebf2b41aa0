"""What the body of a panic button's message says. Pure."""

import json
from collections.abc import Container
from dataclasses import dataclass

from gateway.models import IncidentKind

NOTE_LIMIT = 500
WORD_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Content:
    """What the body says. ``place``: the words for a room that the plan does not know. What could not be made out is
    told in the note."""

    kind: IncidentKind
    room_id: str | None
    note: str
    place: str = ""


def read_body(body: bytes, kind: IncidentKind, rooms: Container[str]) -> Content:
    """Make the best of the body of a message whose signature is right: an alarm is never lost to its wording.

    ``kind`` holds where the body names none that is known; ``rooms`` are the ids that the plan knows.
    """
    remarks = []
    try:
        values = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        values, remarks = {}, ["(the message could not be read)"]

    note = _text(values.get("note"), NOTE_LIMIT)
    room = _text(values.get("room"), WORD_LIMIT)
    known = room in rooms
    named = _text(values.get("kind"), WORD_LIMIT)
    try:
        kind = IncidentKind(named.lower()) if named else kind
    except ValueError:
        remarks.append(f"(kind {named!r} is not known)")
    note = " ".join([note, *remarks]).strip()
    return Content(kind, room if known else None, note, "" if known else room)


def _text(value: object, limit: int) -> str:
    """``value`` as one printable line. Null is empty; numbers (a room, say) and the rest are written out."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return "".join(c if c.isprintable() else " " for c in text).strip()[:limit]
