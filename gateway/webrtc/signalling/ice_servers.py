"""Names STUN and TURN servers in a WHEP answer (RFC 9725 4.6), with credentials that expire. Pure.

Credentials follow draft-uberti-behave-turn-rest, like coturn's ``use-auth-secret``.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable

from gateway.configuration.media_settings import IceServer


def links(servers: Iterable[IceServer], viewer: str, wall: float) -> list[str]:
    """Return one value of the Link header for each server.

    ``viewer`` becomes part of the user names made here, which the TURN server logs. Credentials expire after the
    lifetime in the server's settings, counted from ``wall`` time.
    """
    return [_link(server, viewer, wall) for server in servers]


def _link(server: IceServer, viewer: str, wall: float) -> str:
    username = server.username
    credential = None if server.credential is None else server.credential.get_secret_value()
    if server.secret is not None:
        username = f"{int(wall + server.lifetime)}:{viewer}"
        digest = hmac.digest(server.secret.get_secret_value().encode(), username.encode(), hashlib.sha1)
        credential = base64.b64encode(digest).decode()
    link = f'<{server.url}>; rel="ice-server"'
    if username is None or credential is None:
        return link
    return f'{link}; username={_quoted(username)}; credential={_quoted(credential)}; credential-type="password"'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
