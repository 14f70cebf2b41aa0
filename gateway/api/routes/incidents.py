"""Receives triggers from consoles and panic buttons, and acknowledgements, extensions and all clear from consoles."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.access import roles
from gateway.api import views
from gateway.api.admission.throttle import too_many
from gateway.api.problem import problem_of
from gateway.api.services import SERVICES, Services, body_of, client_address, recognise, signed_in
from gateway.auth.sessions import SignIn
from gateway.errors import NotFound
from gateway.incident import Incident, Origin
from gateway.incidents.changes import Trigger
from gateway.models import IncidentKind, SiteId
from gateway.permission import Action


class TriggerRequest(BaseModel):
    """The body of ``POST /api/incidents``."""

    model_config = ConfigDict(extra="forbid")
    site: str
    kind: IncidentKind
    room: str | None = Field(default=None, max_length=100)
    note: str = Field(default="", max_length=500)
    enrolled: frozenset[str] = Field(default=frozenset(), max_length=500)
    key: str | None = Field(default=None, min_length=1, max_length=64)


class AlarmsSeen(BaseModel):
    """The body of ``POST /api/incidents/{id}/acknowledge`` and ``…/all-clear``.

    ``alarm`` is the number of ``alarms`` that the page showed for the incident.
    """

    model_config = ConfigDict(extra="forbid")
    alarm: int | None = Field(default=None, ge=1)


def incident_view(services: Services, incident: Incident) -> dict[str, object]:
    """Return ``Incident`` of docs/protocol.md."""
    site = next(site for site in services.loaded.settings.sites if site.id == incident.site_id)
    return views.incident(incident, site, services.loaded.settings.incidents.confirm_within, services.places)


async def trigger(request: web.Request) -> web.Response:
    """Open or join an incident from a console."""
    sign_in = await signed_in(request)
    services = request.app[SERVICES]
    wanted = await body_of(request, TriggerRequest)
    site = SiteId(wanted.site)
    await services.access.require(sign_in.principal, Action.TRIGGER, site, client_address(request))
    known = wanted.room is not None and services.places.knows(site, wanted.room)
    origin = Origin(
        trigger="console",
        by=sign_in.principal.name,
        room_id=wanted.room if known else None,
        place="" if known else wanted.room or "",
        note=wanted.note,
    )
    outcome = await services.console.press(
        Trigger(
            site_id=site,
            kind=wanted.kind,
            origin=origin,
            enrolled=wanted.enrolled,
            key=wanted.key,
            principal=sign_in.principal,
            address=client_address(request),
        ),
        sign_in.principal,
    )
    return web.json_response(incident_view(services, outcome.incident), status=201 if outcome.opened else 200)


async def _incident(request: web.Request, action: Action) -> tuple[Services, SignIn, Incident]:
    sign_in = await signed_in(request)
    services = request.app[SERVICES]
    incident = services.incidents.get(request.match_info["id"])
    if incident is None or incident.site_id not in services.access.sites_of(sign_in.principal):
        raise NotFound("no_such_incident", "There is no such open incident.")
    await services.access.require(sign_in.principal, action, incident.site_id, client_address(request))
    return services, sign_in, incident


def _answer(services: Services, incident: Incident) -> dict[str, object]:
    """Return ``Incident``, and say whether its present state is on disk."""
    return incident_view(services, incident) | {"committed": services.incidents.on_disk(incident.id)}


async def acknowledge(request: web.Request) -> web.Response:
    """Record the name of a person who has seen the alarm."""
    services, sign_in, incident = await _incident(request, Action.ACKNOWLEDGE)
    alarm = (await body_of(request, AlarmsSeen)).alarm
    who = sign_in.principal
    changed = await services.incidents.acknowledge(
        incident.id, who, client_address(request), alarm, confirms=roles.is_police(who)
    )
    return web.json_response(_answer(services, changed))


async def extend(request: web.Request) -> web.Response:
    """Extend the incident once, as a press asks for."""
    services, sign_in, incident = await _incident(request, Action.EXTEND)
    changed = await services.incidents.extend(incident.id, sign_in.principal, client_address(request))
    return web.json_response(_answer(services, changed))


async def all_clear(request: web.Request) -> web.Response:
    """End the incident. Once this answers, no more of its pictures are sent. The answer says whether the end is on
    disk.
    """
    services, sign_in, incident = await _incident(request, Action.ALL_CLEAR)
    alarm = (await body_of(request, AlarmsSeen)).alarm
    changed = await services.incidents.all_clear(incident.id, sign_in.principal, client_address(request), alarm)
    await services.viewing.wait_closed()
    return web.json_response(_answer(services, changed))


async def webhook(request: web.Request) -> web.Response:
    """Receive a panic button's signed message (Standard Webhooks). Messages without a valid signature are limited."""
    services = request.app[SERVICES]
    webhook_id = request.match_info["webhook"]
    status, answer = await services.webhooks.receive(
        webhook_id, request.headers, await request.read(), client_address(request)
    )
    if status in (400, 401):  # Only messages without a valid signature get these.
        payer = services.limits.webhook(webhook_id)
        if wait := payer.take(services.clock.monotonic()):
            return await too_many(request, payer, wait)
    if status >= 400:
        return problem_of(answer)
    recognise(request, f"webhook {webhook_id}")
    return web.json_response(answer, status=status)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.post("/api/incidents", trigger),
        web.post("/api/incidents/{id}/acknowledge", acknowledge),
        web.post("/api/incidents/{id}/extend", extend),
        web.post("/api/incidents/{id}/all-clear", all_clear),
        web.post("/hooks/{webhook}", webhook),
    ]
