"""Determines the address of a camera, from its configured URL or from a redirect by the camera itself. Pure.

A camera cannot choose where the gateway connects: a redirect is followed only to the configured host and port, and to
the places that the configuration names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.auth import Challenge, Credentials

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
MAX_LOCATION = 1024


class Redirected(CameraError):
    """The camera says that the stream is at ``location``, in the camera's own spelling (RFC 2326 10.10, 11.3)."""

    def __init__(self, location: str) -> None:
        super().__init__(SourceReason.NOT_FOUND, "The camera says that the stream is elsewhere.")
        self.location = location


class Place(NamedTuple):
    """A host, normalised so that equal ones compare equal, and a TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        # A host name that comes from a camera may contain anything.
        return f"{host}:{self.port}" if re.fullmatch(r"[\w.:\[\]-]{1,255}", host, re.ASCII) else "another host"


def place(host: str, port: int) -> Place:
    """Return the place of a host name in any case, or of an address in any notation."""
    try:
        return Place(str(ip_address(host)), port)
    except ValueError:
        return Place(host.lower().rstrip("."), port)


def parse_place(text: str) -> Place:
    """Read ``host:port`` from the configuration, with IPv6 addresses in brackets. Raises ValueError."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname or not parts.port or parts.netloc != text or "@" in text:
        raise ValueError("no host and port")
    return place(parts.hostname, parts.port)


@dataclass(frozen=True, slots=True)
class Address:
    """``url`` is sent to the camera and may be shown: it never holds a password. ``allowed`` are the places to which
    redirects may lead. ``redirected`` says that a redirect has led here. ``challenge`` is the unanswered challenge of
    the last connection, if any."""

    host: str
    port: int
    url: str
    credentials: Credentials | None = field(default=None, repr=False)
    tls: bool = False
    allowed: frozenset[Place] = frozenset()
    redirected: bool = False
    challenge: Challenge | None = field(default=None, repr=False)

    @property
    def place(self) -> Place:
        """Return the host and port to connect to."""
        return place(self.host, self.port)

    def follow(self, location: str, connected_to: str = "") -> "Address":
        """Return the address to which a redirect leads. It keeps the configured credentials; any in the location are
        ignored. ``connected_to`` is the IP address of the redirecting connection: a camera that is configured by name
        may refer to itself by address.

        Raises ``CameraError``: ``REDIRECT_REFUSED`` for a place that the configuration does not allow, and for a
        redirect from TLS to a plain connection; ``UNSUPPORTED`` for anything but an RTSP URL.
        """
        if len(location) > MAX_LOCATION:
            raise CameraError(SourceReason.MALFORMED, "The camera redirects to an address that is too long.")
        try:
            target = parse_address(location, "", "")
        except CameraError as error:
            words = "The camera redirects to something other than an rtsp:// address."
            raise CameraError(SourceReason.UNSUPPORTED, words) from error
        if self.tls and not target.tls:
            raise CameraError(SourceReason.REDIRECT_REFUSED, "The camera redirects from TLS to a plain connection.")
        here = {place(connected_to, self.port)} if connected_to else set()
        if target.place not in self.allowed | here:
            words = f"The camera redirects to {target.place}, which is not among its `redirects` in the configuration."
            raise CameraError(SourceReason.REDIRECT_REFUSED, words)
        return replace(target, credentials=self.credentials, allowed=self.allowed, redirected=True)


def parse_address(url: str, username: str | None, password: str | None, redirects: Iterable[Place] = ()) -> Address:
    """Split an ``rtsp://`` or ``rtsps://`` URL. A user name in it is used if none is configured. ``redirects`` are the
    places to which the camera may redirect, besides that of the URL.

    Raises ``CameraError`` (``UNSUPPORTED``) for any other URL, without repeating it.
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
    shown = f"{scheme}://{location}{parts.path}{query}"
    return Address(host, port, shown, credentials, scheme == "rtsps", frozenset({place(host, port), *redirects}))
