"""Reads the body of a panic button's message. Pure."""

import json
from collections.abc import Container
from dataclasses import dataclass

from gateway.models import IncidentKind

NOTE_LIMIT = 500
WORD_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Content:
    """Holds what the body says. ``place`` has the words for a room that is not in the plan.

    The note also mentions anything that could not be understood.
    """

    kind: IncidentKind
    room_id: str | None
    note: str
    place: str = ""


def read_body(body: bytes, kind: IncidentKind, rooms: Container[str]) -> Content:
    """Read as much as possible of a body with a valid signature, so that no alarm is lost because of its wording.

    ``kind`` is used if the body names no known kind. ``rooms`` holds the room ids of the plan.
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
    """Return ``value`` as one printable line. Null becomes empty text, and numbers and other values become JSON."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return "".join(c if c.isprintable() else " " for c in text).strip()[:limit]
