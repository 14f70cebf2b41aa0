"""Serves still pictures, the state of cameras for district IT, and the record for auditors."""

import math

from aiohttp import web

from gateway.api import views
from gateway.api.admission.limits import RECORDS
from gateway.api.admission.throttle import too_many
from gateway.api.services import SERVICES, Services, client_address, record, signed_in, whole_number
from gateway.audit.kinds import Kind
from gateway.errors import BadRequest, NotFound
from gateway.models import Camera, CameraId, Principal
from gateway.permission import Action


def visible(services: Services, principal: Principal) -> list[Camera]:
    """Return every camera that the principal may know about."""
    return [
        camera
        for site in sorted(services.access.sites_of(principal))
        for camera in services.access.visible_cameras(principal, site)
    ]


def statuses(services: Services, principal: Principal) -> list[dict[str, object]]:
    """Return the ``CameraStatus`` of every camera that the principal may know about."""
    viewings = services.viewing.viewings()
    return [
        services.pictures.status(camera, sum(v.camera.id == camera.id for v in viewings))
        for camera in visible(services, principal)
    ]


async def cameras(request: web.Request) -> web.Response:
    """Return the state, reason, rates and advice of each camera."""
    principal = (await signed_in(request)).principal
    services = request.app[SERVICES]
    await services.access.require(principal, Action.STATUS, origin_address=client_address(request))
    return web.json_response({"cameras": statuses(services, principal)})


async def still(request: web.Request) -> web.Response:
    """Return the latest still picture, and the time at which it was taken."""
    sign_in = await signed_in(request)
    services = request.app[SERVICES]
    camera_id = CameraId(request.match_info["camera"])
    draft = await services.access.require_camera(sign_in.principal, Action.STILL, camera_id, client_address(request))
    picture = await services.pictures.still(camera_id)
    if picture is None:
        raise NotFound("no_still", "No picture has arrived from this camera since the gateway started.")
    ground = services.access.ground(draft).detail()
    await record(request, sign_in, Kind.STILL_SEEN, camera_id, draft.incident_id, None, **ground)
    return web.Response(
        body=picture.jpeg,
        content_type="image/jpeg",
        headers={"X-Sightline-Captured-At": f"{picture.captured_at:.3f}"},
    )


def _time(request: web.Request, name: str) -> float | None:
    try:
        seconds = float(request.query[name]) if name in request.query else None
    except ValueError:
        seconds = math.nan
    if seconds is not None and not math.isfinite(seconds):
        raise BadRequest("bad_number", f"{name}: must be seconds since 1970")
    return seconds


async def read_record(request: web.Request) -> web.Response:
    """Return the record of the reader's schools, and record that they read it."""
    sign_in = await signed_in(request)
    services = request.app[SERVICES]
    await services.access.require(sign_in.principal, Action.READ_RECORD, origin_address=client_address(request))
    limit = whole_number(request, "limit", 200, most=1000)
    payer = services.limits.person(sign_in.id, alarm=False)
    if wait := payer.take(services.clock.monotonic(), limit / RECORDS):
        return await too_many(request, payer, wait)
    sites = sign_in.principal.site_ids or None
    rows = await services.audit.read(_time(request, "since"), _time(request, "until"), limit, sites)
    await record(request, sign_in, Kind.RECORD_READ, rows=len(rows))
    return web.json_response({"records": [views.record(row) for row in rows]})


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/api/cameras", cameras),
        web.get("/api/cameras/{camera}/still", still),
        web.get("/api/record", read_record),
    ]
