"""Signing in by invitation, who am I, signing out."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api import views
from gateway.api.services import SERVICES, body_of, cookie_name, record, signed_in
from gateway.auth.sessions import SignIn
from gateway.models import CloseReason


class Redeem(BaseModel):
    """Body of ``POST /api/invitations/redeem``."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(min_length=1, max_length=200)


async def redeem(request: web.Request) -> web.Response:
    """Turn a single-use invitation into a signed-in session of a shift's length."""
    services = request.app[SERVICES]
    settings = services.loaded.settings
    principal = await services.invitations.redeem((await body_of(request, Redeem)).code)
    cookie = await services.sessions.create(principal)
    sign_in = await services.sessions.lookup(cookie)
    if sign_in is None:
        raise RuntimeError("a session that was just created is not there")
    await record(request, sign_in, "signed_in", by="invitation")
    response = web.json_response(views.me(sign_in, settings))
    response.set_cookie(
        cookie_name(settings.http),
        cookie,
        max_age=int(settings.tokens.session_lifetime),
        httponly=True,
        samesite="Strict",
        secure=settings.http.public_url.startswith("https:"),
        path="/",
    )
    return response


async def me(request: web.Request) -> web.Response:
    """Who the cookie stands for."""
    return web.json_response(views.me(await signed_in(request), request.app[SERVICES].loaded.settings))


async def sign_out(request: web.Request) -> web.Response:
    """End the sign-in, its pictures and its pages."""
    sign_in: SignIn = await signed_in(request)
    services = request.app[SERVICES]
    await services.sessions.end(sign_in.id)
    await services.viewing.end_sign_in(sign_in.id)
    services.hub.end_sign_in(sign_in.id, CloseReason.SIGNED_OUT)
    await record(request, sign_in, "signed_out")
    response = web.Response(status=204)
    http = services.loaded.settings.http
    # A browser takes a __Host- cookie's end only with what it took its beginning with.
    response.del_cookie(cookie_name(http), path="/", secure=http.public_url.startswith("https:"))
    return response


def routes() -> list[web.RouteDef]:
    """Routes of this module."""
    return [
        web.post("/api/invitations/redeem", redeem),
        web.get("/api/me", me),
        web.post("/api/sign-out", sign_out),
    ]
