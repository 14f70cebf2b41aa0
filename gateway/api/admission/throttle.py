"""Answers 429 to callers who send too many requests, before anything else is done for them."""

import math
import re

from aiohttp import hdrs, web

from gateway.api.admission.connection import Connection
from gateway.api.admission.limits import DEAR, PLAIN, Payer
from gateway.api.admission.newcomers import BUTTON, Whose
from gateway.api.admission.proxies import network_of
from gateway.api.problem import SAFE, Handler, problem
from gateway.api.services import SERVICES, Services, client_address, cookie_name, recognise
from gateway.errors import ClientError, Unauthenticated

PAUSE = 1.0
"""Seconds before a 429 is sent. A sender that waits for every answer can thus send one request per second on each
connection. The pause costs only a timer. The answer tells pages how long to wait.
"""

_BEARER = re.compile(rb"\r\nAuthorization: *Bearer +([\w.~+/=-]+)", re.IGNORECASE)
_REFUSALS = frozenset({401, 403})


@web.middleware
async def throttled(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Charge the request to a bucket, and mark its connection as in use until it is answered."""
    connection = request.protocol if isinstance(request.protocol, Connection) else None
    if connection is None:
        return await _charged(request, handler)
    place = connection.place
    place.asked = place.busy = True
    try:
        if connection.doors.alarms_only and not request.path.startswith("/hooks/"):
            raise web.HTTPNotFound
        return await _charged(request, handler)
    finally:
        place.busy = place.hook = False
        place.since = request.app[SERVICES].clock.monotonic()


async def _charged(request: web.Request, handler: Handler) -> web.StreamResponse:
    services = request.app[SERVICES]
    if request.path.startswith("/hooks/") and request.path.removeprefix("/hooks/") in services.limits.webhooks:
        if isinstance(request.protocol, Connection):
            request.protocol.place.hook = True
        return await handler(request)
    payer, cost = _payer(request), DEAR if request.path.startswith(("/api/", "/whep/")) else PLAIN
    if wait := payer.take(services.clock.monotonic(), cost):
        return await too_many(request, payer, wait)
    refused = False
    try:
        response = await handler(request)
    except (ClientError, web.HTTPException) as error:
        refused = error.status in _REFUSALS or (error.status == 404 and request.method not in SAFE)
        raise
    finally:
        if not refused:
            payer.give_back(services.clock.monotonic(), cost - PLAIN)
    return response


async def too_many(request: web.Request, payer: Payer, wait: float) -> web.Response:
    """Return a 429 after a pause. ``wait`` is the number of seconds until the bucket will hold enough."""
    services = request.app[SERVICES]
    services.metrics.http_limited.labels(payer.kind).inc()
    if isinstance(request.protocol, Connection):
        request.protocol.place.busy = False
    await services.clock.sleep(PAUSE)
    detail = "Too many requests at once. Wait a moment, then try again."
    response = problem(429, "Too many requests", "too_many_requests", detail)
    response.headers[hdrs.RETRY_AFTER] = str(math.ceil(wait))
    return response


def _payer(request: web.Request) -> Payer:
    services = request.app[SERVICES]
    limits = services.limits
    cookie = request.cookies.get(cookie_name(services.loaded.settings.http))
    sign_in = limits.sign_in_of(cookie) if cookie else None
    if sign_in is None and hdrs.AUTHORIZATION in request.headers and request.path.startswith("/whep/"):
        found = _BEARER.search(b"\r\nAuthorization: " + request.headers[hdrs.AUTHORIZATION].encode("utf-8", "replace"))
        # Players that are not browsers have no cookie.
        credential = found[1].decode() if found else ""
        player = services.players.of(credential)
        if player is not None and player.may_connect_from(client_address(request)):
            recognise(request, player.principal.id)
            return limits.player(player.principal.id)
        sign_in = _of_token(services, credential)
    if sign_in is None:
        return limits.stranger(network_of(client_address(request)))
    recognise(request, f"sign-in {sign_in}")
    return limits.person(sign_in, alarm=request.path.startswith("/api/incidents") and request.method not in SAFE)


def whose(services: Services) -> Whose:
    """Return the function that tells the doors who sent a request, from its first bytes and its address.

    It grants nothing. A wall player's secret from another address is worth nothing here either.
    """
    cookie = re.compile(re.escape(cookie_name(services.loaded.settings.http)).encode() + rb"=([\w-]{20,200})")

    def told(head: bytes, address: str) -> str | None:
        if head.startswith(b"POST /hooks/"):
            return BUTTON
        if found := cookie.search(head):
            sign_in = services.limits.sign_in_of(found[1].decode())
        else:
            found = _BEARER.search(head)
            credential = found[1].decode() if found else ""
            player = services.players.of(credential)
            if player is not None:
                return player.principal.id if player.may_connect_from(address) else None
            sign_in = _of_token(services, credential)
        return f"sign-in {sign_in}" if sign_in else None

    return told


def _of_token(services: Services, token: str) -> str | None:
    if not token.startswith("eyJ"):
        return None
    try:
        return services.tokens.verify(token).session_id
    except Unauthenticated:
        return None
