"""Media tokens and WHEP (draft-ietf-wish-whep)."""

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict

from gateway.api import views
from gateway.api.services import SERVICES, bearer, body_of, signed_in
from gateway.errors import BadRequest
from gateway.models import CAMERA_STREAMS, CameraId, SiteId


class TokenRequest(BaseModel):
    """Body of ``POST /api/tokens``."""

    model_config = ConfigDict(extra="forbid")
    site: str


async def token(request: web.Request) -> web.Response:
    """A short-lived token for what the caller may see at a school now; renewing is the same call."""
    sign_in = await signed_in(request)
    services = request.app[SERVICES]
    site = SiteId((await body_of(request, TokenRequest)).site)
    grant = await services.access.grant_for(sign_in.principal, site, request.remote or "")
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


async def offer(request: web.Request) -> web.Response:
    """WHEP: an SDP offer in, an answer and the session's own resource out."""
    credential = bearer(request)
    if request.content_type != "application/sdp":
        raise web.HTTPUnsupportedMediaType
    try:
        text = (await request.read()).decode()
    except UnicodeDecodeError:
        raise BadRequest("offer_not_text", "The offer is not UTF-8 text.") from None
    wanted = request.query.get("stream")
    stream = next((name for name in CAMERA_STREAMS if name == wanted), None)
    if stream is None and wanted is not None:
        raise BadRequest("no_such_stream", "stream: must be main or sub.")
    opened = await request.app[SERVICES].viewing.open(
        credential, CameraId(request.match_info["camera"]), stream, text, request.remote or ""
    )
    return web.Response(
        status=201,
        text=opened.answer,
        content_type="application/sdp",
        headers={
            hdrs.LOCATION: f"/whep/sessions/{opened.viewing.secret}",
            hdrs.ETAG: f'"{opened.viewing.id}"',
            "X-Sightline-Session": opened.viewing.id,
            "X-Sightline-Stream": opened.viewing.stream,
        },
    )


async def leave(request: web.Request) -> web.Response:
    """WHEP: the viewer ends its session."""
    await request.app[SERVICES].viewing.leave(request.match_info["secret"])
    return web.Response()


async def renew(request: web.Request) -> web.Response:
    """A fresh token lets the running session live on."""
    await request.app[SERVICES].viewing.renew(request.match_info["secret"], bearer(request))
    return web.Response(status=204)


def routes() -> list[web.RouteDef]:
    """Routes of this module."""
    return [
        web.post("/api/tokens", token),
        web.delete("/whep/sessions/{secret}", leave),
        web.post("/whep/sessions/{secret}/token", renew),
        web.post("/whep/{camera}", offer),
    ]
