"""Defines audit events and the records made from them, and writes a record as text or JSON. Pure."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Self

from gateway.audit.kinds import Kind
from gateway.models import Principal, Role


class Outcome(StrEnum):
    """Says whether an attempt succeeded."""

    OK = "ok"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Describes one thing that a person did, or that happened because its time was up.

    ``principal`` is an id, and ``name`` tells readers who that is.
    ``reason`` is a stable word, present if ``outcome`` is not ok. ``origin_address`` is the network address it came
    from. ``detail`` is JSON and contains no secret.
    """

    kind: Kind
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

    @classmethod
    def of(cls, who: Principal, kind: Kind, **said: Any) -> Self:
        """Return an event about a person or device. ``said`` are further fields."""
        return cls(kind=kind, principal=who.id, name=who.name, role=who.role, **said)

    def by_wall(self, set_by: float) -> Self:
        """Return the same event with its times (the details that end in ``_at``) converted to wall time.

        ``set_by`` is how many seconds the wall clock is ahead of the steady time in which the gateway counts.
        """
        if abs(set_by) < 0.01 or not any(key.endswith("_at") for key in self.detail):
            return self
        return replace(
            self, detail={key: value + set_by if _is_time(key, value) else value for key, value in self.detail.items()}
        )


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Dates an event. ``at`` is in wall seconds, cut to 1/100 s, and ``utc_offset`` is in seconds east of UTC.

    ``id`` grows with every record, and is None until the record is in the database.
    """

    event: AuditEvent
    event_id: str
    at: float
    utc_offset: int
    id: int | None = None

    @property
    def time(self) -> str:
        """Return the time in ISO 8601, with 1/100 s and UTC offset: ``2026-03-01T09:30:12.04+01:00``."""
        return iso_time(self.at, self.utc_offset)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as the JSON object of the API and the spool."""
        return {
            "id": self.id,
            "event_id": self.event_id,
            "time": self.time,
            "at": self.at,
            "utc_offset": self.utc_offset,
            **asdict(self.event),
        }


def iso_time(at: float, utc_offset: int) -> str:
    """Return wall seconds as ``2026-03-01T09:30:12.04+01:00``. ``utc_offset`` is in seconds east of UTC."""
    whole, cents = divmod(round(hundredths(at) * 100), 100)
    moment = datetime.fromtimestamp(whole, timezone(timedelta(seconds=utc_offset))).isoformat()
    return f"{moment[:19]}.{cents:02d}{moment[19:]}"


def hundredths(at: float) -> float:
    """Cut ``at`` to 1/100 s. Rounding could date a record into the future."""
    # The margin makes up for decimals that a binary fraction cannot hold exactly.
    return math.floor(at * 100 + 1e-4) / 100


def local_offset(at: float) -> int:
    """Return the offset of the machine's time zone at the time ``at``, in seconds east of UTC."""
    offset = datetime.fromtimestamp(at, UTC).astimezone().utcoffset()
    return int(offset.total_seconds()) if offset else 0


def from_dict(values: Mapping[str, Any]) -> AuditRecord:
    """Undo ``AuditRecord.as_dict``. Raises KeyError, TypeError or ValueError if ``values`` are not a record."""
    rest = dict(values)
    rest.pop("time")
    event_id, at, utc_offset = str(rest.pop("event_id")), float(rest.pop("at")), int(rest.pop("utc_offset"))
    number, role = rest.pop("id"), rest.pop("role")
    event = AuditEvent(kind=Kind(rest.pop("kind")), role=None if role is None else Role(role), **rest)
    return AuditRecord(event, event_id, at, utc_offset, number)


def format_record(record: AuditRecord) -> str:
    """Return the record as one line for a terminal. Text from outside cannot move the cursor or fake another line."""
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
    """Return ``text`` with every character that could move a terminal's cursor replaced by its escape code."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _is_time(key: str, value: Any) -> bool:
    return key.endswith("_at") and isinstance(value, int | float) and not isinstance(value, bool)


def _dated(key: str, value: Any, utc_offset: int) -> Any:
    """Return ``value`` as a person reads it. Keys that end in ``_at`` hold wall seconds, which become times of day."""
    if isinstance(value, Mapping):
        return {name: _dated(name, inner, utc_offset) for name, inner in value.items()}
    if isinstance(value, list):
        return [_dated(key, inner, utc_offset) for inner in value]
    if not _is_time(key, value):
        return value
    try:
        return iso_time(value, utc_offset)
    except (OverflowError, ValueError, OSError):
        return value  # This time is outside the calendar.
