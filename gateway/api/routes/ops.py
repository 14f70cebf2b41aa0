"""Answers what machines ask: metrics, health, public keys. Floods of these cost one answer a second."""

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
    """Prometheus text format: what this process counts and, where media run in others, what those do."""
    if not is_insider(request):
        raise Forbidden("metrics_are_private", "Metrics are for this machine, or for who sends http.metrics_token.")
    text = await request.app[METRICS].get()
    return web.Response(body=text, headers={hdrs.CONTENT_TYPE: prometheus_client.CONTENT_TYPE_LATEST})


async def healthz(_: web.Request) -> web.Response:
    """The process lives and its loop turns."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """The gateway can let people in: its database takes writes. Strangers are told no more than that. An alarm is taken
    also where it does not."""
    try:
        await request.app[SERVICES].readiness.check()
    except StorageError:  # not logged, since whoever asks often would fill the log
        return problem(503, "Storage failed", "storage_failed", "The gateway could not write to its database.")
    told: dict[str, object] = {"status": "ok"}
    if is_insider(request):
        told["incidents_open"] = len(request.app[SERVICES].incidents.open())
    return web.json_response(told)


async def jwks(request: web.Request) -> web.Response:
    """Public signing keys (RFC 7517)."""
    return web.json_response(request.app[SERVICES].tokens.jwks())


def share(app: web.Application, services: Services) -> None:
    """Have the metrics rendered once for all who ask."""

    async def render() -> bytes:
        figures = await services.pictures.media.figures()
        # In a thread: for some hundred cameras it takes a tenth of a second.
        return await asyncio.to_thread(prometheus_client.generate_latest, Merged(services.metrics.registry, figures))

    app[METRICS] = Shared(render, SHARED_FOR, services.clock)


def routes() -> list[web.RouteDef]:
    """Routes of this module."""
    return [
        web.get("/metrics", metrics),
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/.well-known/jwks.json", jwks),
    ]
