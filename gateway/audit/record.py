"""Events, the records made from them, and a record's form as text or JSON. Pure."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Self

from gateway.models import Role


class Outcome(StrEnum):
    """The outcome of an attempt."""

    OK = "ok"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One thing that somebody, or time, did. ``kind`` is a stable word (``incident_opened``).

    ``principal`` is an id; ``name`` tells a reader who that is. ``reason`` is a stable word where ``outcome`` is not
    ok. ``origin_address`` is where it came from. ``detail`` is JSON and holds no secret.
    """

    kind: str
    principal: str | None = None
    name: str | None = None
    role: Role | None = None
    site: str | None = None
    camera: str | None = None
    incident: str | None = None
    outcome: str = Outcome.OK
    reason: str | None = None
    origin_address: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def by_wall(self, set_by: float) -> Self:
        """The same event, its details that end in ``_at`` told by the wall clock, which is ``set_by`` seconds ahead of
        the steady time in which the gateway counts."""
        if abs(set_by) < 0.01 or not any(key.endswith("_at") for key in self.detail):
            return self
        return replace(
            self, detail={key: value + set_by if _is_time(key, value) else value for key, value in self.detail.items()}
        )


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An event with its place in time. ``at``: wall seconds, exact to 1/100; ``utc_offset``: seconds east of UTC.

    ``id`` grows with every record and is None while the record is not in the database.
    """

    event: AuditEvent
    event_id: str
    at: float
    utc_offset: int
    id: int | None = None

    @property
    def time(self) -> str:
        """ISO 8601 with 1/100 s and UTC offset: ``2026-03-01T09:30:12.04+01:00``."""
        return iso_time(self.at, self.utc_offset)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON has it, in the API and in the spool."""
        return {
            "id": self.id,
            "event_id": self.event_id,
            "time": self.time,
            "at": self.at,
            "utc_offset": self.utc_offset,
            **asdict(self.event),
        }


def iso_time(at: float, utc_offset: int) -> str:
    """Wall seconds as ``2026-03-01T09:30:12.04+01:00``, ``utc_offset`` seconds east of UTC."""
    whole, cents = divmod(round(hundredths(at) * 100), 100)
    moment = datetime.fromtimestamp(whole, timezone(timedelta(seconds=utc_offset))).isoformat()
    return f"{moment[:19]}.{cents:02d}{moment[19:]}"


def hundredths(at: float) -> float:
    """``at`` cut, not rounded, to 1/100 s: no record is dated into the future. The margin undoes binary fractions."""
    return math.floor(at * 100 + 1e-4) / 100


def local_offset(at: float) -> int:
    """Seconds east of UTC that the machine's time zone has at ``at``."""
    offset = datetime.fromtimestamp(at, UTC).astimezone().utcoffset()
    return int(offset.total_seconds()) if offset else 0


def from_dict(values: Mapping[str, Any]) -> AuditRecord:
    """The inverse of ``AuditRecord.as_dict``. Raises KeyError, TypeError or ValueError for what is not a record."""
    rest = dict(values)
    rest.pop("time")
    event_id, at, utc_offset = str(rest.pop("event_id")), float(rest.pop("at")), int(rest.pop("utc_offset"))
    number, role = rest.pop("id"), rest.pop("role")
    event = AuditEvent(role=None if role is None else Role(role), **rest)
    return AuditRecord(event, event_id, at, utc_offset, number)


def format_record(record: AuditRecord) -> str:
    """One line for a terminal. What came from outside cannot move the cursor or feign another line."""
    event = record.event
    who = event.name or event.principal or "-"
    parts = [record.time, event.kind, event.outcome, f"{who} ({event.role})" if event.role else who]
    for label, value in (
        ("site", event.site),
        ("camera", event.camera),
        ("incident", event.incident),
        ("from", event.origin_address),
        ("reason", event.reason),
    ):
        if value is not None:
            parts.append(f"{label}={value}")
    for key, value in sorted(event.detail.items()):
        parts.append(f"{key}={json.dumps(_dated(key, value, record.utc_offset), ensure_ascii=False)}")
    return "  ".join(map(printable, parts))


def printable(text: str) -> str:
    """``text`` with whatever could move a terminal's cursor written as its code."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _is_time(key: str, value: Any) -> bool:
    return key.endswith("_at") and isinstance(value, int | float) and not isinstance(value, bool)


def _dated(key: str, value: Any, utc_offset: int) -> Any:
    """``value`` as a person reads it: keys that end in ``_at`` are wall seconds, and become times."""
    if isinstance(value, Mapping):
        return {name: _dated(name, inner, utc_offset) for name, inner in value.items()}
    if isinstance(value, list):
        return [_dated(key, inner, utc_offset) for inner in value]
    if not _is_time(key, value):
        return value
    try:
        return iso_time(value, utc_offset)
    except (OverflowError, ValueError, OSError):
        return value  # no date of any calendar
