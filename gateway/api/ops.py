"""What machines ask: metrics, health, public keys; and the built pages."""

from pathlib import Path

import prometheus_client
from aiohttp import hdrs, web

from gateway.api.problem import problem
from gateway.api.services import SERVICES
from gateway.media.tally import Merged

STATIC = Path(__file__).parent.parent / "static"


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text format: what this process counts and, where media run in others, what those do."""
    services = request.app[SERVICES]
    figures = await services.pictures.media.figures()
    text = prometheus_client.generate_latest(Merged(services.metrics.registry, figures))
    return web.Response(body=text, headers={hdrs.CONTENT_TYPE: prometheus_client.CONTENT_TYPE_LATEST})


async def healthz(_: web.Request) -> web.Response:
    """The process lives and its loop turns."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """The gateway can let people in: its database takes writes. An alarm is taken also where it does not."""
    services = request.app[SERVICES]
    await services.readiness.check()
    return web.json_response({"status": "ok", "incidents_open": len(services.incidents.open())})


async def jwks(request: web.Request) -> web.Response:
    """Public signing keys (RFC 7517)."""
    return web.json_response(request.app[SERVICES].tokens.jwks())


async def page(_: web.Request) -> web.StreamResponse:
    """The one page; what it shows depends on who is signed in."""
    index = STATIC / "index.html"
    if not index.is_file():
        return problem(503, "Not built", "no_web_client", "The web client has not been built. Run: make web")
    return web.FileResponse(index, headers={hdrs.CACHE_CONTROL: "no-cache"})


def routes() -> list[web.AbstractRouteDef]:
    """Routes of this module."""
    found: list[web.AbstractRouteDef] = [
        web.get("/", page),
        web.get("/metrics", metrics),
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/.well-known/jwks.json", jwks),
    ]
    if (STATIC / "assets").is_dir():
        found.append(web.static("/assets", STATIC / "assets"))
    return found
