"""Serves the control API of the simulated school: faults on demand, over HTTP, on the loopback interface only.

==========================  ===================================================================================
``GET /cameras``            ``{"cameras": [{"id", "name", "loop", "watchers": {"main", "sub"}, "faults"}]}``
``PUT .../{id}/faults``     takes a JSON object of ``Faults``, which replaces the current ones; answers with them
``DELETE .../{id}/faults``  removes all faults; answers 204
==========================  ===================================================================================

Errors are ``application/problem+json`` (RFC 9457).
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway.models import CAMERA_STREAMS
from gateway.simulator.camera import Camera
from gateway.simulator.faults import Faults, faults_document, parse_faults

CAMERAS = web.AppKey("cameras", Mapping[str, Camera])


def control_app(cameras: Mapping[str, Camera]) -> web.Application:
    """Build the application. ``cameras`` maps ids to cameras."""
    app = web.Application(client_max_size=65536)
    app[CAMERAS] = cameras
    app.router.add_get("/cameras", _list)
    app.router.add_put("/cameras/{id}/faults", _put)
    app.router.add_delete("/cameras/{id}/faults", _delete)
    return app


async def _list(request: web.Request) -> web.Response:
    return web.json_response({"cameras": [_document(camera) for camera in request.app[CAMERAS].values()]})


async def _put(request: web.Request) -> web.Response:
    camera = request.app[CAMERAS].get(request.match_info["id"])
    if camera is None:
        return _problem(404, "not_found", "there is no such camera")
    try:
        await camera.apply(parse_faults(await request.read()))
    except ValueError as error:
        return _problem(400, "bad_faults", str(error))
    return web.json_response(faults_document(camera.faults))


async def _delete(request: web.Request) -> web.Response:
    camera = request.app[CAMERAS].get(request.match_info["id"])
    if camera is None:
        return _problem(404, "not_found", "there is no such camera")
    await camera.apply(Faults())
    return web.Response(status=204)


def _document(camera: Camera) -> dict[str, Any]:
    return {
        "id": camera.id,
        "name": camera.view.name,
        "loop": camera.loop,
        "watchers": {stream.value: camera.watchers(stream) for stream in CAMERA_STREAMS},
        "faults": faults_document(camera.faults),
    }


def _problem(status: int, code: str, detail: str) -> web.Response:
    title = {400: "Bad request", 404: "Not found"}[status]
    document = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    return web.json_response(document, status=status, content_type="application/problem+json")
