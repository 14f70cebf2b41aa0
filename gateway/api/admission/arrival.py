"""Refuses bodies that are too long or do not arrive in time.

Otherwise every slow sender would occupy a connection and a handler.
"""

import asyncio
from collections.abc import Mapping

from aiohttp import ClientError, web

from gateway.api.problem import Handler
from gateway.api.services import SERVICES, cookie_name

BODY_WITHIN = 10.0

LONG_BODIES: web.AppKey[Mapping[Handler, int]] = web.AppKey("long_bodies")
"""Maps each handler that accepts longer bodies than others to its limit in bytes. The limit applies only to people who
are signed in, so that strangers cannot fill the memory.
"""


@web.middleware
async def in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the whole body before anything else is done for the request. No route needs it in parts."""
    limit = request.app[LONG_BODIES].get(request.match_info.handler)
    if limit is not None and _is_signed_in(request):
        request = request.clone(client_max_size=limit)
    try:
        async with asyncio.timeout(BODY_WITHIN):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ClientError, ConnectionError, web.RequestPayloadError):
        raise web.HTTPBadRequest from None  # The body was cut off, or is not encoded as its header says.
    return await handler(request)


def _is_signed_in(request: web.Request) -> bool:
    """Return True if the request's cookie is that of a sign-in, without asking the database. It permits nothing."""
    services = request.app[SERVICES]
    cookie = request.cookies.get(cookie_name(services.loaded.settings.http))
    return cookie is not None and services.limits.sign_in_of(cookie) is not None
