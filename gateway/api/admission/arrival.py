"""Bodies have to arrive in time. Else whoever sends them slowly holds a connection and a handler for each."""

import asyncio

from aiohttp import ClientError, web

from gateway.api.problem import Handler

BODY_WITHIN = 10.0


@web.middleware
async def in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the body, which no route wants in parts, before anything else is done for the request."""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ClientError, ConnectionError, web.RequestPayloadError):
        raise web.HTTPBadRequest from None  # cut off, or not in the coding that its header names
    return await handler(request)
