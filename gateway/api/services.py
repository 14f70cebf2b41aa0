"""Holds the services that the routes use, and the checks that nearly all of them share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from gateway.access.grants import Grants
from gateway.access.service import AccessService
from gateway.api.admission.connection import Connection
from gateway.api.admission.limits import Limits
from gateway.api.admission.proxies import origin
from gateway.api.hub import EventHub
from gateway.api.pictures import Pictures
from gateway.api.places import Places
from gateway.audit.audit_event import AuditEvent, Outcome
from gateway.audit.clock_steps import ClockSteps
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.auth.invitations import Invitations
from gateway.auth.sessions import SignIn, SignInSessions
from gateway.auth.tokens import TokenService
from gateway.clock import Clock
from gateway.config_loader import Loaded
from gateway.configuration.settings import HttpSettings
from gateway.errors import BadRequest, Unauthenticated
from gateway.incidents.service import IncidentService
from gateway.incidents.triggers.console import ConsoleTrigger
from gateway.incidents.triggers.webhook import WebhookTrigger
from gateway.metrics import Metrics
from gateway.models import CameraId, SiteId
from gateway.plans.drafts import Drafts
from gateway.plans.in_use import Plans
from gateway.printing.printer import Printer
from gateway.storage.readiness import Readiness
from gateway.viewing.players import WallPlayers
from gateway.viewing.service import ViewingService
from gateway.viewing.sign_ins import SignInKeeper

COOKIE = "sightline"

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Services:
    """Holds the services whose work the routes translate to and from HTTP. The server builds it once."""

    loaded: Loaded
    clock: Clock
    clock_steps: ClockSteps
    metrics: Metrics
    audit: AuditLog
    incidents: IncidentService
    webhooks: WebhookTrigger
    console: ConsoleTrigger
    plans: Plans
    drafts: Drafts
    places: Places
    printer: Printer
    access: AccessService
    grants: Grants
    tokens: TokenService
    sessions: SignInSessions
    readiness: Readiness
    sign_ins: SignInKeeper
    invitations: Invitations
    viewing: ViewingService
    players: WallPlayers
    hub: EventHub
    pictures: Pictures
    limits: Limits


SERVICES = web.AppKey("services", Services)


def cookie_name(settings: HttpSettings) -> str:
    """Return the cookie's name. Over HTTPS it begins with ``__Host-``, so that no sibling domain can set it."""
    return f"__Host-{COOKIE}" if settings.public_url.startswith("https:") else COOKIE


def client_address(request: web.Request) -> str:
    """Return the address of the request's sender, for the record and for limits. It is empty if the peer has none.

    It is the other end of the connection, or, for one of ``http.trusted_proxies``, the address that the proxy names.
    """
    proxies = request.app[SERVICES].loaded.settings.http.trusted_proxies
    return origin(request.remote or "", request.headers.getall(hdrs.X_FORWARDED_FOR, ()), proxies)


def recognise(request: web.Request, owner: str) -> None:
    """Note that the request's connection belongs to somebody we know, so that it does not give way to strangers."""
    if isinstance(request.protocol, Connection):
        request.protocol.doors.recognise(request.protocol, owner)


async def sign_in_of(request: web.Request) -> SignIn | None:
    """Return the sign-in of the request's cookie, or None if there is none or it has ended."""
    services = request.app[SERVICES]
    cookie = request.cookies.get(cookie_name(services.loaded.settings.http))
    if not cookie:
        return None
    sign_in = await services.sessions.lookup(cookie)
    services.limits.learn(cookie, sign_in.id if sign_in else None)
    if sign_in is not None:
        recognise(request, f"sign-in {sign_in.id}")
    return sign_in


async def signed_in(request: web.Request) -> SignIn:
    """Return the sign-in of the request's cookie. Raises Unauthenticated if there is none."""
    sign_in = await sign_in_of(request)
    if sign_in is None:
        raise Unauthenticated("sign_in_needed", "Sign in first: open your invitation link.")
    return sign_in


def own_page(request: web.Request) -> bool:
    """Return True if the header ``Origin`` is missing, or is the gateway's own.

    Its scheme must be that of ``public_url``. Its host must be that of ``public_url``, behind a proxy for instance, or
    the Host of the request.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return True
    public = urlsplit(request.app[SERVICES].loaded.settings.http.public_url)
    try:
        page = urlsplit(origin)
    except ValueError:
        return False
    return page.scheme == public.scheme and page.netloc in {request.host, public.netloc}


async def body_of(request: web.Request, model: type[T]) -> T:
    """Parse the JSON body as ``model``. Raises BadRequest, which names the key at fault."""
    try:
        return model.model_validate_json(await request.read() or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest("bad_body", f"{where}: {first['msg']}" if where else first["msg"]) from None


def whole_number(request: web.Request, name: str, default: int | None, most: int, least: int = 1) -> int:
    """Return a query parameter that is a whole number from ``least`` to ``most``. Without a ``default`` it must be
    there. Raises BadRequest."""
    try:
        value = int(request.query.get(name, "" if default is None else default))
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise BadRequest("bad_number", f"{name}: must be a whole number from {least} to {most}")
    return value


def bearer(request: web.Request) -> str:
    """Return the token of ``Authorization: Bearer``. Raises Unauthenticated (RFC 6750 section 3)."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("token_missing", "Send the media token as 'Authorization: Bearer'.")
    return token.strip()


async def record(
    request: web.Request,
    sign_in: SignIn,
    kind: Kind,
    camera_id: CameraId | None = None,
    incident_id: str | None = None,
    site_id: SiteId | None = None,
    **detail: object,
) -> None:
    """Record what a person did, and with which camera, incident or school, if any."""
    principal, services = sign_in.principal, request.app[SERVICES]
    await services.audit.append(
        AuditEvent.of(
            principal,
            kind,
            site=services.access.camera(camera_id).site_id if camera_id else site_id or principal.only_site,
            camera=camera_id,
            incident=incident_id,
            origin_address=client_address(request),
            detail=detail,
        )
    )


@asynccontextmanager
async def refusals_on_record(request: web.Request, kind: Kind) -> AsyncIterator[None]:
    """Record the refusal if a stranger is refused within this context. The log merges repeated refusals."""
    try:
        yield
    except Unauthenticated as error:
        who = client_address(request)
        event = AuditEvent(kind=kind, outcome=Outcome.REFUSED, reason=error.code, origin_address=who)
        await request.app[SERVICES].audit.append(event)
        raise
