"""Turns the gateway's objects into the JSON of docs/protocol.md. Every function is named after what it returns."""

from typing import Any

from gateway.access import roles
from gateway.api.places import Places
from gateway.audit.audit_event import AuditRecord
from gateway.auth import shifts
from gateway.auth.sessions import SignIn
from gateway.configuration.settings import Settings
from gateway.configuration.site_settings import SiteSettings
from gateway.incident import Incident, Origin
from gateway.incidents.alarms import confirmed
from gateway.models import CloseReason, Principal, SiteId, TimelinePoint
from gateway.permission import Grant
from gateway.plans.version import Proposal, Version
from gateway.rtp.time import WRAP
from gateway.viewing.recording import Viewing

NOTICE = (
    "These pictures come from a school and are shown to you for this emergency only. They may contain education "
    "records of students (FERPA, 34 CFR 99.36). Do not record, copy or pass them on beyond what the emergency "
    "requires. Every view is recorded by name."
)


def principal(who: Principal) -> dict[str, Any]:
    """Return ``Me.principal``."""
    return {
        "id": who.id,
        "name": who.name,
        "role": who.role,
        "site_ids": sorted(who.site_ids),
        "police": roles.is_police(who),
        "sees_pictures": roles.sees_pictures(who),
    }


def lifetime(sign_in: SignIn, settings: Settings, carried_on: bool) -> dict[str, Any]:
    """Return how long a sign-in lasts, in the form that ``Me`` and the event ``sign_in`` use."""
    may_at = shifts.may_continue_at(sign_in.created_at, sign_in.expires_at, settings.tokens)
    return {"expires_at": sign_in.expires_at, "may_continue_at": may_at, "carried_on": carried_on}


def me(sign_in: SignIn, settings: Settings, carried_on: bool) -> dict[str, Any]:
    """Return ``Me``."""
    return {
        "principal": principal(sign_in.principal),
        "district": settings.district,
        **lifetime(sign_in, settings, carried_on),
        "age": settings.age.model_dump(),
        "notice": NOTICE,
    }


def plan_version(value: Version) -> dict[str, Any]:
    """Return ``PlanVersion``."""
    return {
        "number": value.number,
        "sha256": value.sha256.hex(),
        "published_at": value.published_at,
        "published_by": value.published_by,
        "approved_by": value.approved_by,
        "note": value.note,
        "restores": value.restores,
    }


def plan_proposal(value: Proposal | None) -> dict[str, Any] | None:
    """Return who proposes a plan, for the event channel."""
    return None if value is None else {"at": value.at, "by": value.by}


def grant(value: Grant) -> dict[str, Any]:
    """Return ``Token.grant``."""
    return {
        "id": value.id,
        "site": value.site_id,
        "basis": value.basis,
        "incident": value.incident_id,
        "cameras": sorted(value.camera_ids),
    }


def incident(value: Incident, site: SiteSettings, confirm_within: float, places: Places) -> dict[str, Any]:
    """Return ``Incident``."""
    here = SiteId(site.id)
    return {
        "id": value.id,
        "site": value.site_id,
        "site_name": site.name,
        "kind": value.kind,
        "state": value.state,
        "origin": _origin(value.origin, here, places),
        "triggers": [
            _origin(one.origin, here, places)
            | {"at": one.at, "alarm": one.alarm, "nearest": places.cameras(here, one.origin.room_id)}
            for one in value.triggers
        ],
        "threat": value.threat,
        "opened_at": value.opened_at,
        "ends_at": value.ends_at,
        "alarms": value.alarms,
        "last_alarm_at": value.last_alarm_at,
        "confirm_by_at": value.last_alarm_at + confirm_within,
        "confirmed": confirmed(value),
        "unconfirmed": value.unconfirmed == value.alarms and not confirmed(value),
        "repeats": value.repeats,
        "warnings_sent": sorted(value.warnings_sent),
        "acknowledgements": [
            {
                "principal": a.principal_id,
                "name": a.name,
                "role": a.role,
                "at": a.at,
                "newest": a.alarm == value.alarms,
                "confirms": a.confirms,
            }
            for a in value.acknowledgements
        ],
        "enrolled": sorted(value.enrolled),
        "closed_at": value.closed_at,
        "closed_by": value.closed_by,
        "nearest": places.cameras(here, value.origin.room_id),
    }


def _origin(value: Origin, site: SiteId, places: Places) -> dict[str, Any]:
    return {
        "trigger": value.trigger,
        "by": value.by,
        "room": value.room_id,
        "room_name": places.words(site, value),
        "note": value.note,
    }


def watcher(viewing: Viewing) -> dict[str, Any]:
    """Return one entry of ``watchers``."""
    return {
        "principal": viewing.principal.id,
        "name": viewing.principal.name,
        "role": viewing.principal.role,
        "camera": viewing.camera.id,
        "since_at": viewing.since_at,
    }


def session(viewing: Viewing, state: str, reason: CloseReason | None = None) -> dict[str, Any]:
    """Return a ``session`` event."""
    event = {"type": "session", "session": viewing.id, "state": state, "reason": reason}
    return event | {"stream": viewing.stream, "waiting": viewing.waiting}


def timeline(viewing: Viewing, point: TimelinePoint) -> dict[str, Any]:
    """Return a ``timeline`` event: the stream's point, shifted to the RTP time that this session gets."""
    return {
        "type": "timeline",
        "session": viewing.id,
        "camera": viewing.camera.id,
        "stream": viewing.stream,
        "epoch": f"{viewing.stream}-{point.epoch}-{viewing.shift}",
        "rtp": (point.rtp + viewing.shift) % WRAP,
        "capture": point.capture,
        "uncertainty": point.uncertainty,
        "trusted": point.trusted,
        "reason": point.reason,
    }


def record(value: AuditRecord) -> dict[str, Any]:
    """Return ``Record``."""
    return value.as_dict()
