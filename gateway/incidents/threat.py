"""Describes the threat for which an incident was opened, for the record (34 CFR 99.32(a)(5)). Pure."""

from collections.abc import Callable

from gateway.incident import Origin
from gateway.models import IncidentKind, SiteId

Where = Callable[[SiteId, Origin], str]
"""Names a site and the place of a trigger as people do: ``Lincoln Middle School, Room 204``."""

_KINDS = {
    IncidentKind.REAL: "Real lockdown",
    IncidentKind.DRILL: "Drill, without a threat to anybody,",
    IncidentKind.TEST: "Test, without a threat to anybody,",
}
_MEANS = {"webhook": "panic button", "console": "console"}


def threat_of(kind: IncidentKind, where: str, origin: Origin) -> str:
    """Return one sentence: what was declared, where, by whom, and their words. A drill is never called a threat."""
    means = _MEANS.get(origin.trigger, origin.trigger)
    words = f": \u201c{origin.note}\u201d" if origin.note else ""
    return f"{_KINDS[kind]} at {where}, triggered by {origin.by} ({means}){words}"


def ids_of(site_id: SiteId, origin: Origin) -> str:
    """Name the site and the place by their ids in the configuration, where proper names are missing."""
    return ", ".join(part for part in (site_id, origin.room_id or origin.place) if part)
