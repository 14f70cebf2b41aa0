"""Serves the schools that the caller may know about: floor plans, cameras, and a room's nearest cameras."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aiohttp import hdrs, web

from gateway.access import roles
from gateway.access.service import AccessService
from gateway.api import views
from gateway.api.admission.throttle import too_many
from gateway.api.services import SERVICES, client_address, record, signed_in, whole_number
from gateway.audit.kinds import Kind
from gateway.auth.sessions import SignIn
from gateway.configuration.site_settings import SiteSettings
from gateway.errors import BadRequest, NotFound
from gateway.floorplan.model import FloorPlan
from gateway.floorplan.view import cameras_view, floors_view, plan_view
from gateway.models import Camera, CameraId, Principal, SiteId
from gateway.permission import Action
from gateway.printing.document import Edition
from gateway.printing.paper import Paper

PRINTING = 1.0
"""Seconds after which a person who is already printing may try again. A print takes up to a second."""


def site_view(
    site: SiteSettings, plan: FloorPlan, principal: Principal, access: AccessService, cameras: tuple[Camera, ...]
) -> dict[str, Any]:
    """Return ``Site`` of docs/protocol.md."""
    visible = frozenset(camera.id for camera in cameras)
    return {
        "id": site.id,
        "name": site.name,
        "floors": floors_view(plan),
        "cameras": cameras_view(site, plan, visible, access.standing_cameras(principal, SiteId(site.id))),
        "may_trigger": access.may(principal, Action.TRIGGER, SiteId(site.id)) is None,
        "may_acknowledge": access.may(principal, Action.ACKNOWLEDGE, SiteId(site.id)) is None,
        "may_end": access.may(principal, Action.ALL_CLEAR, SiteId(site.id)) is None,
        "may_edit_plan": access.may(principal, Action.EDIT_PLAN, SiteId(site.id)) is None,
        "may_approve_plan": access.may(principal, Action.APPROVE_PLAN, SiteId(site.id)) is None,
    }


def _site(request: web.Request) -> tuple[SiteSettings, FloorPlan]:
    services = request.app[SERVICES]
    for site in services.loaded.settings.sites:
        if site.id == request.match_info["site"]:
            return site, services.plans[SiteId(site.id)]
    raise NotFound("no_such_site", "There is no such school, or it is not yours to see.")


async def _known(request: web.Request) -> tuple[SignIn, SiteSettings, FloorPlan, tuple[Camera, ...]]:
    sign_in = await signed_in(request)
    principal = sign_in.principal
    site, plan = _site(request)
    access = request.app[SERVICES].access
    if SiteId(site.id) not in access.sites_of(principal):
        raise NotFound("no_such_site", "There is no such school, or it is not yours to see.")
    return sign_in, site, plan, access.visible_cameras(principal, SiteId(site.id))


async def sites(request: web.Request) -> web.Response:
    """Return all schools that the caller may know about."""
    principal = (await signed_in(request)).principal
    services = request.app[SERVICES]
    known = services.access.sites_of(principal)
    return web.json_response(
        {
            "sites": [
                site_view(
                    site,
                    services.plans[SiteId(site.id)],
                    principal,
                    services.access,
                    services.access.visible_cameras(principal, SiteId(site.id)),
                )
                for site in services.loaded.settings.sites
                if SiteId(site.id) in known
            ]
        }
    )


async def plan(request: web.Request) -> web.Response:
    """Return the floor plan in metres, and record who read it."""
    sign_in, site, _, cameras = await _known(request)
    await record(request, sign_in, Kind.PLAN_READ, site_id=SiteId(site.id))
    clock, plans = request.app[SERVICES].clock, request.app[SERVICES].plans
    version, geometry = plans.version(SiteId(site.id)), plans.geometry(SiteId(site.id))
    today = datetime.fromtimestamp(clock.wall(), UTC).date()
    view = plan_view(site, geometry, frozenset(camera.id for camera in cameras), today)
    return web.json_response(view | {"version": views.plan_version(version)})


async def printed(request: web.Request) -> web.Response:
    """Return the floor plan as a PDF, and record who printed it. A sign-in may wait for one print at a time."""
    sign_in, site, value, cameras = await _known(request)
    try:
        paper = Paper(request.query.get("paper", Paper.LETTER))
    except ValueError:
        raise BadRequest("bad_paper", f"paper: must be one of: {', '.join(Paper)}") from None
    services = request.app[SERVICES]
    version = services.plans.version(SiteId(site.id))
    names = {camera.id: camera.name for camera in cameras}
    wall = datetime.fromtimestamp(services.clock.wall()).astimezone()
    edition = Edition(version.number, version.sha256, wall, names)
    pdf = await services.printer.print(sign_in.id, SiteId(site.id), value, edition, paper)
    if pdf is None:
        return await too_many(request, services.limits.person(sign_in.id, alarm=False), PRINTING)
    await record(request, sign_in, Kind.PLAN_PRINTED, site_id=SiteId(site.id), version=version.number, paper=paper)
    name = f'inline; filename="{site.id}-floor-plan.pdf"'
    return web.Response(body=pdf, content_type="application/pdf", headers={hdrs.CONTENT_DISPOSITION: name})


async def cameras_of_room(request: web.Request) -> web.Response:
    """Return a room's nearest cameras."""
    _, site, value, cameras = await _known(request)
    room = request.match_info["room"]
    count = whole_number(request, "n", 4, most=50)
    if not any(known.id == room for known in value.rooms):
        raise NotFound("no_such_room", "The floor plan has no such room.")
    geometry = request.app[SERVICES].plans.geometry(SiteId(site.id))
    near = geometry.nearest_cameras(room, count, {CameraId(camera.id) for camera in cameras})
    return web.json_response({"cameras": [asdict(found) for found in near]})


async def police(request: web.Request) -> web.Response:
    """Return the officers who can be enrolled in a drill: those who are signed in and may know about the school."""
    sign_in, site, _, _ = await _known(request)
    services = request.app[SERVICES]
    await services.access.require(sign_in.principal, Action.TRIGGER, SiteId(site.id), client_address(request))
    people = [
        {"id": person.id, "name": person.name, "role": person.role}
        for person in await services.sessions.people()
        if roles.is_police(person) and SiteId(site.id) in services.access.sites_of(person)
    ]
    return web.json_response({"people": people})


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/api/sites", sites),
        web.get("/api/sites/{site}/plan", plan),
        web.get("/api/sites/{site}/plan/print", printed),
        web.get("/api/sites/{site}/police", police),
        web.get("/api/sites/{site}/rooms/{room}/cameras", cameras_of_room),
    ]
