"""Requests have to arrive in time. Else whoever opens connections and says little, or nothing, holds them all."""

import asyncio
from typing import Any

from aiohttp import ClientError, web

from gateway.api.problem import Handler
from gateway.clock import Clock

FIRST_REQUEST_WITHIN = 10.0
"""Seconds from a connection to the last header of its first request. Later ones have aiohttp's keep-alive timeout."""

KEEP_ALIVE = 75.0
BODY_WITHIN = 10.0
LOOK_EVERY = 1.0

SERVED: web.AppKey[set[Any]] = web.AppKey("served", set)
"""Connections whose first request has come."""


@web.middleware
async def in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the body, which no route wants in parts, before anything else is done for the request."""
    request.app[SERVED].add(request.protocol)
    try:
        async with asyncio.timeout(BODY_WITHIN):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ClientError, ConnectionError, web.RequestPayloadError):
        raise web.HTTPBadRequest from None  # cut off, or not in the coding that its header names
    return await handler(request)


async def close_silent(runner: web.AppRunner, clock: Clock) -> None:
    """Close connections whose first request does not come. Owned by the server."""
    served = runner.app[SERVED]
    waiting: dict[Any, float] = {}
    while True:
        await clock.sleep(LOOK_EVERY)
        now = clock.monotonic()
        open_now = set(runner.server.connections) if runner.server is not None else set()
        served &= open_now
        waiting = {connection: waiting.get(connection, now) for connection in open_now - served}
        for connection, since in waiting.items():
            if now - since >= FIRST_REQUEST_WITHIN:
                connection.force_close()
