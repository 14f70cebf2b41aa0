"""Issues media tokens."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from gateway.api import views
from gateway.api.services import SERVICES, body_of, client_address, signed_in
from gateway.models import SiteId


class TokenRequest(BaseModel):
    """The body of ``POST /api/tokens``."""

    model_config = ConfigDict(extra="forbid")
    site: str


async def token(request: web.Request) -> web.Response:
    """Issue a short-lived token for what the caller may see at a school now. The same call renews it."""
    sign_in = await signed_in(request)
    services = request.app[SERVICES]
    site = SiteId((await body_of(request, TokenRequest)).site)
    grant = await services.grants.give(sign_in.principal, site, client_address(request))
    issued = services.tokens.issue(sign_in.principal, grant, sign_in.id)
    services.metrics.tokens_issued.labels(sign_in.principal.role).inc()
    return web.json_response(
        {
            "token": issued.token,
            "expires_at": issued.expires_at,
            "expires_in": round(issued.expires_at - services.clock.now(), 3),
            "grant": views.grant(grant),
        }
    )


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.post("/api/tokens", token)]
