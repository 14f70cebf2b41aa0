"""Opens the event channel: one WebSocket per page (docs/protocol.md). ``channel`` serves it."""

import logging

from aiohttp import web

from gateway.api.admission.limits import CONNECTING
from gateway.api.admission.throttle import too_many
from gateway.api.channel import Page
from gateway.api.services import SERVICES, own_page, signed_in
from gateway.auth.sessions import SignIn
from gateway.errors import Forbidden

logger = logging.getLogger(__name__)

CLOSED_WITHIN = 1.0
"""Seconds that a page may take to answer a close. A page that has lost its network never answers."""
MESSAGE_LIMIT = 16 * 1024


async def events(request: web.Request) -> web.StreamResponse:
    """Upgrade to the event channel. Browsers apply no same-origin rule to WebSockets, so check the Origin here."""
    sign_in = await signed_in(request)
    if not own_page(request):
        raise Forbidden("foreign_origin", "This connection comes from a page that is not the gateway's.")
    services = request.app[SERVICES]
    with services.hub.place_of(sign_in.id):
        payer = services.limits.channel(sign_in.id)
        if wait := payer.take(services.clock.monotonic(), CONNECTING):
            return await too_many(request, payer, wait)
        return await _channel(request, sign_in)


async def _channel(request: web.Request, sign_in: SignIn) -> web.WebSocketResponse:
    services = request.app[SERVICES]
    socket = web.WebSocketResponse(timeout=CLOSED_WITHIN, heartbeat=5.0, max_msg_size=MESSAGE_LIMIT)
    await socket.prepare(request)
    page = Page(services, socket, sign_in)
    stops = (services.pictures.on_discontinuity(page.discontinuity), services.viewing.observe(page.changed))
    try:
        await page.run()
    except Exception:
        # After the upgrade, no problem document can be sent any more.
        logger.exception("bug in an event channel")
        services.metrics.task_failures.labels("events").inc()
        await socket.close(code=1011)
    finally:
        for stop in stops:
            stop()
    return socket


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.get("/api/events", events)]
