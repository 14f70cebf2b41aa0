"""Signs people in by invitation, says who is signed in, extends sign-ins, and signs people out."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api import views
from gateway.api.services import (
    SERVICES,
    Services,
    body_of,
    cookie_name,
    record,
    refusals_on_record,
    sign_in_of,
    signed_in,
)
from gateway.audit.kinds import Kind
from gateway.auth.sessions import SignIn

COOKIE_KEPT = 30 * 86400
"""Seconds for which a browser keeps the cookie. The gateway alone decides how long it is valid. A browser that forgot
it at the end of a shift would sign its owner out in the middle of an incident."""


class Redeem(BaseModel):
    """The body of ``POST /api/invitations/redeem``."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(min_length=1, max_length=200)


async def redeem(request: web.Request) -> web.Response:
    """Turn a single-use invitation into a sign-in for one shift.

    This signs out the person who was signed in on this device, since another person uses it from now on.
    """
    services = request.app[SERVICES]
    settings = services.loaded.settings
    former = await sign_in_of(request)
    code = (await body_of(request, Redeem)).code
    async with refusals_on_record(request, Kind.SIGN_IN_REFUSED):
        principal = await services.invitations.redeem(code)
    cookie = await services.sessions.create(principal, instead_of=former.id if former else None)
    sign_in = await services.sessions.lookup(cookie)
    if sign_in is None:
        raise RuntimeError("a session that was just created is not there")
    if former is None:
        await record(request, sign_in, Kind.SIGNED_IN, by="invitation")
    else:
        await services.sign_ins.close(former)
        await record(request, former, Kind.SIGNED_OUT, by="change-over", to=principal.id, to_name=principal.name)
        before = former.principal
        await record(
            request, sign_in, Kind.SIGNED_IN, by="invitation", instead_of=before.id, instead_of_name=before.name
        )
    response = web.json_response(_me(services, sign_in))
    response.set_cookie(
        cookie_name(settings.http),
        cookie,
        max_age=COOKIE_KEPT,
        httponly=True,
        samesite="Strict",
        secure=settings.http.public_url.startswith("https:"),
        path="/",
    )
    return response


async def me(request: web.Request) -> web.Response:
    """Return the person who is signed in."""
    return web.json_response(_me(request.app[SERVICES], await signed_in(request)))


async def go_on(request: web.Request) -> web.Response:
    """Extend the sign-in once, as a press asks for."""
    sign_in = await signed_in(request)
    services = request.app[SERVICES]
    prolonged = await services.sign_ins.go_on(sign_in)
    before, after = sign_in.expires_at, prolonged.expires_at
    await record(request, prolonged, Kind.SIGN_IN_CONTINUED, would_have_ended_at=before, ends_at=after)
    return web.json_response(_me(services, prolonged))


async def sign_out(request: web.Request) -> web.Response:
    """End the sign-in, its pictures and its pages."""
    sign_in: SignIn = await signed_in(request)
    services = request.app[SERVICES]
    on_disk = await services.sessions.end(sign_in.id)
    await services.sign_ins.close(sign_in)
    await record(request, sign_in, Kind.SIGNED_OUT)
    response = web.Response(status=204, headers={} if on_disk else {"X-Sightline-Committed": "false"})
    http = services.loaded.settings.http
    # A browser deletes a __Host- cookie only with the same attributes with which it was set.
    response.del_cookie(cookie_name(http), path="/", secure=http.public_url.startswith("https:"))
    return response


async def accept_notice(request: web.Request) -> web.Response:
    """Record that the person has read and accepted the limits on sharing the pictures."""
    await record(request, await signed_in(request), Kind.NOTICE_ACCEPTED)
    return web.Response(status=204)


def _me(services: Services, sign_in: SignIn) -> dict[str, object]:
    return views.me(sign_in, services.loaded.settings, services.sign_ins.carried_on(sign_in))


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.post("/api/invitations/redeem", redeem),
        web.get("/api/me", me),
        web.post("/api/sign-in/continue", go_on),
        web.post("/api/sign-out", sign_out),
        web.post("/api/notice/accepted", accept_notice),
    ]
