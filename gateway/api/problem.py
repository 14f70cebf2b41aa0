"""The one shape of every HTTP error (RFC 9457), and the middleware that gives it."""

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
"""Codes of statuses that a later Python (3.13) calls otherwise: what a client reads depends on no version."""

DETAILS = {
    404: "There is nothing at this address.",
    400: "This request cannot be read to its end.",
    408: "The body of this request did not come in time.",
    405: "This address does not take this method: see the header Allow.",
    413: "The body of this request is too long.",
    415: "This address does not take a body of this content type.",
}
"""Sentences for what aiohttp itself refuses."""

TRY_AGAIN = "1"
"""Seconds after which a 503 may have passed: a worker begins again, or a disk takes something, within as much."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

STORAGE_FAILED = (
    "The gateway's disk takes nothing just now, so this was not done. Tell district IT: it is full or broken."
)
NOT_ON_DISK = "The alarm sounds. The gateway's disk does not take it yet: tell district IT that it is full or broken."


def problem(status: int, title: str, code: str, detail: str) -> web.Response:
    """An RFC 9457 problem document; a 401 names its reason in WWW-Authenticate too (RFC 6750)."""
    return problem_of({"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail})


def problem_of(document: dict[str, Any]) -> web.Response:
    """The response for a problem document that a service has written."""
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


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a route raises into a problem document. A bug is logged with its traceback, told as a 500."""
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
        logger.exception("what holds is on no disk after %s", request.match_info.handler.__name__)
        return problem(503, "Not on disk", "not_on_disk", NOT_ON_DISK)
    except StorageError:
        logger.exception("storage failed in %s", request.match_info.handler.__name__)
        return problem(503, "Storage failed", "storage_failed", STORAGE_FAILED)
    except Exception:
        logger.exception("bug in %s", request.match_info.handler.__name__)
        request.app[SERVICES].metrics.task_failures.labels("http").inc()
        return problem(500, "Our fault", "internal_error", "The gateway failed. The fault is in its log.")


@web.middleware
async def same_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that a foreign page could have made with the user's cookie (CSRF).

    A change through ``/api/`` needs the header ``X-Sightline``, which no foreign page can send without a preflight, and
    an own ``Origin``. WHEP and webhooks carry credentials of their own and no cookie.
    """
    if request.path.startswith("/api/") and request.method not in SAFE:
        if not own_page(request):
            raise Forbidden("foreign_origin", "This request comes from a page that is not the gateway's.")
        if "X-Sightline" not in request.headers:
            raise Forbidden("header_missing", "Send the header 'X-Sightline: 1' with every change.")
    return await handler(request)


async def secure_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Headers that keep foreign code and foreign frames away; nothing of the API is cached."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
