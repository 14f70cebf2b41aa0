"""Gives every HTTP error the same shape (RFC 9457), and every response its security headers."""

import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web

from gateway.api.services import SERVICES, own_page
from gateway.errors import ClientError, Forbidden, NotKept, StorageError

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
CODES = {
    413: "request_entity_too_large",
    414: "request_uri_too_long",
    416: "requested_range_not_satisfiable",
    422: "unprocessable_entity",
}
"""The codes of statuses that Python 3.13 renamed. What a client reads must not depend on the version of Python."""

DETAILS = {
    404: "There is nothing at this address.",
    400: "This request is incomplete or cannot be read.",
    408: "The body of this request did not arrive in time.",
    405: "This address does not accept this method. See the header Allow.",
    413: "The body of this request is too long.",
    415: "This address does not accept a body of this content type.",
}
"""The sentences for requests that aiohttp itself refuses."""

TRY_AGAIN = "1"
"""Seconds after which a client may try again after a 503. By then, a worker may have restarted, or the disk may have
space again.
"""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

STORAGE_FAILED = (
    "This was not done, because the gateway could not store it: its disk is full or broken. Tell district IT."
)
NOT_ON_DISK = "The alarm sounds, but the gateway could not store it: its disk is full or broken. Tell district IT."


def problem(status: int, title: str, code: str, detail: str) -> web.Response:
    """Return a problem document (RFC 9457). A 401 names its reason in WWW-Authenticate too (RFC 6750)."""
    return problem_of({"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail})


def problem_of(document: dict[str, Any]) -> web.Response:
    """Return the response for a problem document that a service has written."""
    response = web.Response(
        status=document["status"], text=json.dumps(document), content_type="application/problem+json"
    )
    if response.status == 503:
        response.headers[hdrs.RETRY_AFTER] = TRY_AGAIN
    if response.status == 401:
        response.headers[hdrs.WWW_AUTHENTICATE] = (
            f'Bearer realm="sightline", error="invalid_token", error_description="{document["code"]}"'
        )
    return response


def has_left(request: web.Request) -> bool:
    """Return True if the request's connection has closed, or is closing."""
    return request.transport is None or request.transport.is_closing()


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn anything that a route raises into a problem document.

    A bug is logged with its traceback, and gives a 500. Nobody reads the answer to a client that has left.
    """
    try:
        return await handler(request)
    except ClientError as error:
        return problem(error.status, error.title, error.code, error.detail)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = CODES.get(error.status) or HTTPStatus(error.status).name.lower()
        response = problem(error.status, error.reason, code, DETAILS.get(error.status, f"{error.reason}."))
        if hdrs.ALLOW in error.headers:
            response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return response
    except NotKept:
        logger.exception("%s took effect, but could not be written to any disk", request.match_info.handler.__name__)
        return problem(503, "Not on disk", "not_on_disk", NOT_ON_DISK)
    except StorageError:
        logger.exception("storage failed in %s", request.match_info.handler.__name__)
        return problem(503, "Storage failed", "storage_failed", STORAGE_FAILED)
    except Exception as error:
        if isinstance(error, ConnectionError) and has_left(request):
            return web.Response(status=400)
        logger.exception("bug in %s", request.match_info.handler.__name__)
        request.app[SERVICES].metrics.task_failures.labels("http").inc()
        return problem(500, "Internal error", "internal_error", "The gateway failed. Its log has the details.")


@web.middleware
async def same_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that a foreign page could have made with the user's cookie (CSRF).

    A change through ``/api/`` needs the header ``X-Sightline``, which no foreign page can send without a preflight. Its
    ``Origin`` must be the gateway's own. WHEP and webhooks use no cookie; they carry credentials of their own.
    """
    if request.path.startswith("/api/") and request.method not in SAFE:
        if not own_page(request):
            raise Forbidden("foreign_origin", "This request comes from a page that does not belong to the gateway.")
        if "X-Sightline" not in request.headers:
            raise Forbidden("header_missing", "Send the header 'X-Sightline: 1' with every change.")
    return await handler(request)


async def secure_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add headers that keep foreign code and frames out, and that keep the API's answers out of caches."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
