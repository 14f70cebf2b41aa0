"""Domain objects as the JSON of docs/protocol.md."""

from collections.abc import Sequence
from typing import Any

from gateway.audit.record import AuditRecord
from gateway.auth import shifts
from gateway.auth.sessions import SignIn
from gateway.floorplan.geometry import nearest_cameras
from gateway.floorplan.model import FloorPlan, Room
from gateway.models import Camera, CameraId, CameraPolicy, CloseReason, Grant, Incident, Principal, TimelinePoint
from gateway.settings import Settings, SiteSettings
from gateway.viewing.recording import Viewing

NOTICE = (
    "These pictures come from a school and are shown to you for this emergency only. They may hold education records "
    "of students (FERPA, 34 CFR 99.36): do not record, copy or pass them on beyond what the emergency needs. Every "
    "view is recorded by name."
)
OPENED_BY_ALARM = 4


def principal(who: Principal) -> dict[str, Any]:
    """``Me.principal``."""
    return {"id": who.id, "name": who.name, "role": who.role, "site_ids": sorted(who.site_ids)}


def lifetime(sign_in: SignIn, settings: Settings, carried_on: bool) -> dict[str, Any]:
    """How long a sign-in lasts, as ``Me`` and the event ``sign_in`` say it."""
    may_at = shifts.may_continue_at(sign_in.created_at, sign_in.expires_at, settings.tokens)
    return {"expires_at": sign_in.expires_at, "may_continue_at": may_at, "carried_on": carried_on}


def me(sign_in: SignIn, settings: Settings, carried_on: bool) -> dict[str, Any]:
    """``Me``."""
    return {
        "principal": principal(sign_in.principal),
        "district": settings.district,
        **lifetime(sign_in, settings, carried_on),
        "age": settings.age.model_dump(),
        "notice": NOTICE,
    }


def grant(value: Grant) -> dict[str, Any]:
    """``Token.grant``."""
    return {
        "id": value.id,
        "site": value.site_id,
        "basis": value.basis,
        "incident": value.incident_id,
        "cameras": sorted(value.camera_ids),
    }


def room_words(room: Room) -> str:
    """A room as people say it: ``204 Science``, but not ``204 Classroom 204``."""
    return room.name if not room.number or room.number in room.name.split() else f"{room.number} {room.name}"


def opening_cameras(plan: FloorPlan, room_id: str | None, cameras: Sequence[Camera]) -> list[CameraId]:
    """The cameras that open by themselves at an alarm: those nearest to its room; without a known room the entrances,
    which are the cameras that are ``always`` on."""
    allowed = {camera.id: camera for camera in cameras if camera.policy is not CameraPolicy.NEVER}
    if room_id is not None and any(room.id == room_id for room in plan.rooms):
        near = [found.id for found in nearest_cameras(plan, room_id, len(plan.cameras))]
        return [camera for camera in near if camera in allowed][:OPENED_BY_ALARM]
    entrances = sorted(allowed.values(), key=lambda camera: camera.policy is not CameraPolicy.ALWAYS)
    return [camera.id for camera in entrances][:OPENED_BY_ALARM]


def incident(value: Incident, site: SiteSettings, plan: FloorPlan, cameras: Sequence[Camera]) -> dict[str, Any]:
    """``Incident``."""
    room = next((room for room in plan.rooms if room.id == value.origin.room_id), None)
    return {
        "id": value.id,
        "site": value.site_id,
        "site_name": site.name,
        "kind": value.kind,
        "state": value.state,
        "origin": {
            "trigger": value.origin.trigger,
            "by": value.origin.by,
            "room": value.origin.room_id,
            "room_name": room_words(room) if room else value.origin.room_id,
            "note": value.origin.note,
        },
        "opened_at": value.opened_at,
        "ends_at": value.ends_at,
        "alarms": value.alarms,
        "last_alarm_at": value.last_alarm_at,
        "repeats": value.repeats,
        "warnings_sent": sorted(value.warnings_sent),
        "acknowledgements": [
            {"principal": a.principal_id, "name": a.name, "role": a.role, "at": a.at} for a in value.acknowledgements
        ],
        "closed_at": value.closed_at,
        "closed_by": value.closed_by,
        "nearest": opening_cameras(plan, value.origin.room_id, cameras),
    }


def watcher(viewing: Viewing) -> dict[str, Any]:
    """One line of ``watchers``."""
    return {
        "principal": viewing.principal.id,
        "name": viewing.principal.name,
        "role": viewing.principal.role,
        "camera": viewing.camera.id,
        "since_at": viewing.since_at,
    }


def session(viewing: Viewing, state: str, reason: CloseReason | None = None) -> dict[str, Any]:
    """``session`` event."""
    event = {"type": "session", "session": viewing.id, "state": state, "reason": reason}
    return event | {"stream": viewing.stream, "waiting": viewing.waiting}


def timeline(viewing: Viewing, point: TimelinePoint) -> dict[str, Any]:
    """``timeline`` event: the stream's point as it holds for what this session is sent."""
    return {
        "type": "timeline",
        "session": viewing.id,
        "camera": viewing.camera.id,
        "stream": viewing.stream,
        "epoch": f"{viewing.stream}-{point.epoch}-{viewing.shift}",
        "rtp": (point.rtp + viewing.shift) & 0xFFFFFFFF,
        "capture": point.capture,
        "uncertainty": point.uncertainty,
        "trusted": point.trusted,
        "reason": point.reason,
    }


def record(value: AuditRecord) -> dict[str, Any]:
    """``Record``."""
    return value.as_dict()
