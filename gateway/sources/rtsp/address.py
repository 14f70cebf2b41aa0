"""Where a camera is, taken from its configured URL, or from where the camera itself sends us. Pure."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.auth import Credentials

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
MAX_LOCATION = 1024


class Redirected(CameraError):
    """The camera says that the stream is at ``location``, as it wrote it (RFC 2326 10.10, 11.3)."""

    def __init__(self, location: str) -> None:
        super().__init__(SourceReason.NOT_FOUND, "The camera says that the stream is elsewhere.")
        self.location = location


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` is what is sent and may be shown: it never holds a password."""

    host: str
    port: int
    url: str
    credentials: Credentials | None = field(default=None, repr=False)
    tls: bool = False

    def follow(self, location: str) -> "Address":
        """The address that a redirect leads to. Our credentials go along to the same host only; those that the
        location brings are ignored.

        Raises ``CameraError`` (``UNSUPPORTED``) for what is no RTSP URL, and for a way out of TLS.
        """
        if len(location) > MAX_LOCATION:
            raise CameraError(SourceReason.MALFORMED, "The camera redirects to an address that is too long.")
        try:
            target = parse_address(location, "", "")
        except CameraError as error:
            words = "The camera redirects to what is no rtsp:// address."
            raise CameraError(SourceReason.UNSUPPORTED, words) from error
        if self.tls and not target.tls:
            raise CameraError(SourceReason.UNSUPPORTED, "The camera redirects from TLS to a plain connection.")
        same = target.host.lower() == self.host.lower()
        return Address(target.host, target.port, target.url, self.credentials if same else None, target.tls)


def parse_address(url: str, username: str | None, password: str | None) -> Address:
    """Split an ``rtsp://`` or ``rtsps://`` URL. A user name in it is used where none is given beside it.

    Raises ``CameraError`` (``UNSUPPORTED``) for what is no such URL, never repeating it.
    """
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        host, port = parts.hostname, parts.port or DEFAULT_PORTS.get(scheme, 0)
    except ValueError:
        scheme, host, port = "", None, 0
    if not host or scheme not in DEFAULT_PORTS or any(character <= " " or character == "\x7f" for character in url):
        raise CameraError(SourceReason.UNSUPPORTED, "The configured address is not an rtsp:// or rtsps:// URL.")
    if username is None and parts.username is not None:
        username, password = unquote(parts.username), unquote(parts.password or "")
    credentials = None if username is None else Credentials(username, password or "")
    location = parts.netloc.rpartition("@")[2]
    query = f"?{parts.query}" if parts.query else ""
    return Address(host, port, f"{scheme}://{location}{parts.path}{query}", credentials, scheme == "rtsps")
