"""Reads header fields whose values have a grammar of their own: ``Session`` and ``Date`` (RFC 2326 12.18, 12.37).
Pure."""

import re
from email.utils import mktime_tz, parsedate_tz

from gateway.errors import CameraError
from gateway.models import SourceReason

DEFAULT_SESSION_TIMEOUT = 60.0
MAX_SESSION_ID = 256
_ZONE = re.compile(r" (GMT|UTC?|Z|[+-][0-9]{4})$")
_TIMEOUT = re.compile(r"timeout\s*=\s*([0-9]{1,6})", re.IGNORECASE)


def parse_session(value: str) -> tuple[str, float]:
    """Read ``id[;timeout=seconds]``. Return the id, and the seconds after which the camera forgets a silent client.

    Raises ``CameraError`` (``MALFORMED``) if the id is too long.
    """
    identifier, *parameters = (part.strip() for part in value.split(";"))
    if len(identifier) > MAX_SESSION_ID:
        raise CameraError(SourceReason.MALFORMED, "The camera gave no usable session id.")
    timeout = 0.0
    for parameter in parameters:
        if found := _TIMEOUT.fullmatch(parameter):
            timeout = float(found[1])
    return identifier, timeout or DEFAULT_SESSION_TIMEOUT


def parse_date(text: str) -> float | None:
    """Return a ``Date`` field in seconds since 1970, or None if it holds no date, or a date without a zone, which is
    useless."""
    parsed = parsedate_tz(text) if _ZONE.search(text) else None
    if parsed is None:
        return None
    try:
        return float(mktime_tz(parsed))
    except (ValueError, OverflowError):
        return None
