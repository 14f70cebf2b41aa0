"""Provides an incident, the events that may happen to it, and helpers that apply them."""

from gateway.configuration.incident_settings import IncidentSettings
from gateway.incident import Incident, Origin, ReceivedTrigger
from gateway.incidents.incident_events import (
    Acknowledge,
    AllClear,
    Event,
    Expire,
    Extend,
    Repeat,
    Resume,
    Supersede,
    Unconfirmed,
    Warn,
)
from gateway.incidents.state import advance
from gateway.models import IncidentKind, IncidentState, Principal, Role, SiteId

RULES = IncidentSettings()
HOUR = 3600.0
MINUTE = 60.0
ANNA = Principal("anna", "Anna", Role.DISPATCHER)
BEN = Principal("ben", "Ben", Role.COORDINATOR)
BUTTON = Origin("webhook", "Office button", "office")
REAL, DRILL, TEST = IncidentKind.REAL, IncidentKind.DRILL, IncidentKind.TEST
ENDED = [state for state in IncidentState if state is not IncidentState.OPEN]
EVENTS: list[Event] = [
    Repeat(1.0, BUTTON),
    Acknowledge(1.0, ANNA, True),
    Warn(1.0),
    Extend(1.0),
    AllClear(1.0, "Anna"),
    Supersede(1.0, "Anna"),
    Expire(1.0),
    Resume(1.0),
    Unconfirmed(1.0),
]


def opened(kind: IncidentKind = REAL, at: float = 0.0) -> Incident:
    return Incident(
        id="i",
        site_id=SiteId("oak"),
        kind=kind,
        state=IncidentState.OPEN,
        origin=BUTTON,
        opened_at=at,
        ends_at=at + RULES.maximum_duration,
        last_alarm_at=at,
        triggers=(ReceivedTrigger(BUTTON, at, alarm=True),),
    )


def heard(kind: IncidentKind = REAL, at: float = 0.0) -> Incident:
    """Return an incident that the police have acknowledged."""
    return through(opened(kind, at), Acknowledge(at, ANNA, True))


def through(incident: Incident, *events: Event) -> Incident:
    for event in events:
        incident, _ = advance(incident, event, RULES)
    return incident
