"""Speaks WHEP (draft-ietf-wish-whep; see docs/whep.md): offers and answers, and the resource of every session.

The header Accept is ignored, since the draft uses a 406 for counter-offers, and the gateway makes none. Errors are
problem documents, as on all routes. OPTIONS has no CORS headers, because only the gateway's own pages may use this.
"""

from aiohttp import hdrs, web
from multidict import CIMultiDict

from gateway.api.services import SERVICES, bearer, client_address, refusals_on_record
from gateway.audit.kinds import Kind
from gateway.errors import BadRequest, PreconditionRequired, UnsupportedMedia
from gateway.models import CAMERA_STREAMS, CameraId
from gateway.webrtc.signalling.ice_servers import links

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


async def offer(request: web.Request) -> web.Response:
    """Accept an SDP offer from the bearer of a token or a wall player's secret.

    Return the answer, and the address of the new session.
    """
    services, camera_id = request.app[SERVICES], CameraId(request.match_info["camera"])
    async with refusals_on_record(request, Kind.TOKEN_REFUSED):
        credential = bearer(request)
        _require_type(request, SDP)
        wanted = request.query.get("stream")
        stream = next((name for name in CAMERA_STREAMS if name == wanted), None)
        if stream is None and wanted is not None:
            raise BadRequest("no_such_stream", "stream: must be main or sub.")
        sdp, address = await _text(request), client_address(request)
        player = services.players.of(credential)
        if player is None:
            opened = await services.viewing.open(credential, camera_id, stream, sdp, address)
    if player is not None:
        opened = await services.players.open(player, camera_id, stream, sdp, address)
    headers = CIMultiDict(
        {
            hdrs.LOCATION: f"/whep/sessions/{opened.viewing.secret}",
            hdrs.ETAG: f'"{opened.etag}"',
            "Accept-Patch": FRAGMENT,
            "X-Sightline-Session": opened.viewing.id,
            "X-Sightline-Stream": opened.viewing.stream,
        }
    )
    # TURN credentials are worth money to anybody who wants to hide, so only people who may see pictures get them.
    for link in links(services.loaded.settings.media.ice_servers, opened.viewing.id, services.clock.wall()):
        headers.add(hdrs.LINK, link)
    return web.Response(status=201, text=opened.answer, content_type=SDP, headers=headers)


async def patch(request: web.Request) -> web.Response:
    """Accept more of the viewer's candidates (204), or restart ICE (200). The session continues."""
    _require_type(request, FRAGMENT)
    if_match = request.headers.get(hdrs.IF_MATCH)
    if if_match is None:
        raise PreconditionRequired("if_match_missing", 'Send the ETag as If-Match, or "*" for an ICE restart.')
    services = request.app[SERVICES]
    answer = await services.viewing.patch(request.match_info["secret"], await _text(request), if_match)
    if answer.fragment is None:
        return web.Response(status=204)
    headers = {hdrs.ETAG: f'"{answer.etag}"'}
    return web.Response(text=answer.fragment, content_type=FRAGMENT, headers=headers)


async def leave(request: web.Request) -> web.Response:
    """End the viewer's session."""
    await request.app[SERVICES].viewing.leave(request.match_info["secret"])
    return web.Response()


async def renew(request: web.Request) -> web.Response:
    """Extend a running session with a fresh token."""
    async with refusals_on_record(request, Kind.TOKEN_REFUSED):
        await request.app[SERVICES].viewing.renew(request.match_info["secret"], bearer(request))
    return web.Response(status=204)


async def takes_offers(request: web.Request) -> web.Response:
    """Return an empty answer, for players that use HEAD to find out what the address is.

    The answer is the same for cameras that do not exist.
    """
    return web.Response(content_type=SDP)


async def nothing(request: web.Request) -> web.Response:
    """Return an empty answer. It is the same for sessions that do not exist."""
    return web.Response(status=204)


async def may_offer(request: web.Request) -> web.Response:
    """Say what a camera's address accepts. The answer is the same for cameras that do not exist."""
    return web.Response(headers={hdrs.ALLOW: "GET, HEAD, OPTIONS, POST", "Accept-Post": SDP})


async def may_patch(request: web.Request) -> web.Response:
    """Say what a session's address accepts. The answer is the same for sessions that do not exist."""
    return web.Response(headers={hdrs.ALLOW: "DELETE, GET, HEAD, OPTIONS, PATCH", "Accept-Patch": FRAGMENT})


def _require_type(request: web.Request, kind: str) -> None:
    if request.content_type != kind:
        raise UnsupportedMedia("unsupported_media_type", f"Send a body with the content type {kind}.")


async def _text(request: web.Request) -> str:
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError:
        raise BadRequest("not_text", "The body is not UTF-8 text.") from None


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.options("/whep/sessions/{secret}", may_patch),
        web.get("/whep/sessions/{secret}", nothing),
        web.patch("/whep/sessions/{secret}", patch),
        web.delete("/whep/sessions/{secret}", leave),
        web.post("/whep/sessions/{secret}/token", renew),
        web.options("/whep/{camera}", may_offer),
        web.get("/whep/{camera}", takes_offers),
        web.post("/whep/{camera}", offer),
    ]
