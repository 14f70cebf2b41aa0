"""The aiohttp application: all routes, in one order, behind the same three rules."""

from aiohttp import web

from gateway.api import cameras, events, incidents, media, ops, sign_in, sites
from gateway.api.problem import errors, same_page, secure_headers
from gateway.api.services import SERVICES, Services

BODY_LIMIT = 64 * 1024
"""Bytes of an offer, a trigger or any other body; more is a 413."""


def build(services: Services) -> web.Application:
    """The application for ``services``."""
    app = web.Application(middlewares=[errors, same_page], client_max_size=BODY_LIMIT)
    app[SERVICES] = services
    app.on_response_prepare.append(secure_headers)
    for module in (sign_in, sites, media, incidents, cameras, events, ops):
        app.add_routes(module.routes())
    return app
