"""Builds the aiohttp application: all routes, behind the same middlewares and headers."""

from collections.abc import Mapping

from aiohttp import web

from gateway.api.admission.arrival import LONG_BODIES, in_time
from gateway.api.admission.throttle import throttled
from gateway.api.problem import Handler, errors, same_page, secure_headers
from gateway.api.routes import cameras, events, incidents, ops, pages, plans, sign_in, sites, tokens, whep
from gateway.api.services import SERVICES, Services
from gateway.plans.limits import LARGEST_DRAFT

BODY_LIMIT = 64 * 1024
"""The maximum size of any body in bytes, an offer or a trigger for instance. A longer body gets a 413."""


def build(services: Services) -> web.Application:
    """Build the application for ``services``."""
    app = web.Application(middlewares=[errors, throttled, in_time, same_page], client_max_size=BODY_LIMIT)
    app[SERVICES] = services
    long_bodies: Mapping[Handler, int] = {plans.save: LARGEST_DRAFT}
    app[LONG_BODIES] = long_bodies
    ops.share(app, services)
    app.on_shutdown.append(_stop)
    app.on_response_prepare.append(secure_headers)
    for module in (sign_in, sites, plans, tokens, whep, incidents, cameras, events, ops, pages):
        app.add_routes(module.routes())
    return app


async def _stop(app: web.Application) -> None:
    """End the event channels.

    A channel lives as long as its page, so stopping would otherwise wait until people close their pages.
    """
    app[SERVICES].hub.stop()
