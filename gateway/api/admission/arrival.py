"""Refuses bodies that do not arrive in time.

Otherwise every slow sender would occupy a connection and a handler.
"""

import asyncio

from aiohttp import ClientError, web

from gateway.api.problem import Handler

BODY_WITHIN = 10.0


@web.middleware
async def in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the whole body before anything else is done for the request. No route needs it in parts."""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ClientError, ConnectionError, web.RequestPayloadError):
        raise web.HTTPBadRequest from None  # The body was cut off, or is not encoded as its header says.
    return await handler(request)
