"""Where a camera is, taken from its configured URL. Pure."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.auth import Credentials

DEFAULT_PORT = 554


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` is what is sent and may be shown: it never holds a password."""

    host: str
    port: int
    url: str
    credentials: Credentials | None = field(default=None, repr=False)


def parse_address(url: str, username: str | None, password: str | None) -> Address:
    """Split a configured ``rtsp://`` URL. A user name in it is used where none is configured beside it.

    Raises ``CameraError`` (``UNSUPPORTED``) for what is no RTSP URL, never repeating it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:
        host, port = None, 0
    if not host or parts.scheme.lower() != "rtsp" or any(character <= " " or character == "\x7f" for character in url):
        raise CameraError(SourceReason.UNSUPPORTED, "The configured address is not an rtsp:// URL.")
    if username is None and parts.username is not None:
        username, password = unquote(parts.username), unquote(parts.password or "")
    credentials = None if username is None else Credentials(username, password or "")
    location = parts.netloc.rpartition("@")[2]
    query = f"?{parts.query}" if parts.query else ""
    return Address(host, port, f"rtsp://{location}{parts.path}{query}", credentials)
