"""Serves metrics, health and public keys to machines. Even in a flood, each is computed at most once per second."""

import asyncio

import prometheus_client
from aiohttp import hdrs, web

from gateway.api.admission.insiders import is_insider
from gateway.api.problem import problem
from gateway.api.services import SERVICES, Services
from gateway.api.shared import Shared
from gateway.errors import Forbidden, StorageError
from gateway.media.tally import Merged

SHARED_FOR = 1.0

METRICS: web.AppKey[Shared[bytes]] = web.AppKey("metrics", Shared)


async def metrics(request: web.Request) -> web.Response:
    """Return the metrics of this process and of all media workers, in Prometheus text format."""
    if not is_insider(request):
        raise Forbidden(
            "metrics_are_private", "Metrics are only for this machine and for holders of http.metrics_token."
        )
    text = await request.app[METRICS].get()
    return web.Response(body=text, headers={hdrs.CONTENT_TYPE: prometheus_client.CONTENT_TYPE_LATEST})


async def healthz(_: web.Request) -> web.Response:
    """Confirm that the process is alive and its event loop is running."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Say whether the gateway can let people in, which means that its database accepts writes.

    Strangers are told no more than that. Alarms are accepted even while the database accepts no writes.
    """
    try:
        await request.app[SERVICES].readiness.check()
    except StorageError:  # This is not logged, since frequent requests would fill the log.
        return problem(503, "Storage failed", "storage_failed", "The gateway could not write to its database.")
    told: dict[str, object] = {"status": "ok"}
    if is_insider(request):
        told["incidents_open"] = len(request.app[SERVICES].incidents.open())
    return web.json_response(told)


async def jwks(request: web.Request) -> web.Response:
    """Return the public signing keys (RFC 7517)."""
    return web.json_response(request.app[SERVICES].tokens.jwks())


def share(app: web.Application, services: Services) -> None:
    """Render the metrics once for everybody who asks within a second."""

    async def render() -> bytes:
        figures = await services.pictures.media.figures()
        # Rendering runs in a thread, because it takes a tenth of a second for a few hundred cameras.
        return await asyncio.to_thread(prometheus_client.generate_latest, Merged(services.metrics.registry, figures))

    app[METRICS] = Shared(render, SHARED_FOR, services.clock)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/metrics", metrics),
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/.well-known/jwks.json", jwks),
    ]
