"""Lets this machine, and whoever has the token, read about cameras and incidents without being signed in."""

import hmac
from collections.abc import Sequence
from ipaddress import ip_address

from aiohttp import hdrs, web

from gateway.api.admission.proxies import Network, parse_address
from gateway.api.services import SERVICES
from gateway.configuration.settings import HttpSettings

THROUGH_A_PROXY = (hdrs.X_FORWARDED_FOR, hdrs.FORWARDED, hdrs.VIA, "X-Real-IP")
_LOOPBACK = (ip_address("127.0.0.1"), ip_address("::1"))


def is_insider(request: web.Request) -> bool:
    """Return True for a request from this machine itself, and for one with ``http.metrics_token`` as its Bearer.

    A proxy on this machine makes everybody look like a caller from here. So nobody counts as one where a header of a
    proxy has come along, nor where the configuration shows that there is a proxy. ``Host`` has to be this machine, too:
    the name of a foreign page whose owner has it point here is not.
    """
    http = request.app[SERVICES].loaded.settings.http
    if http.metrics_token is not None:
        scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        secret = http.metrics_token.get_secret_value().encode()
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), secret):
            return True
    if behind_a_proxy(http) or any(name in request.headers for name in THROUGH_A_PROXY):
        return False
    return all(_here(name) for name in (request.remote or "", request.url.host or ""))


def behind_a_proxy(http: HttpSettings) -> bool:
    """Return True if a proxy on this machine brings requests: one that is trusted, or that has the ``https:`` that
    ``public_url`` speaks of."""
    return (http.public_url.startswith("https:") and http.tls_certificate is None) or _loopback_in(http.trusted_proxies)


def _here(name: str) -> bool:
    address = parse_address(name)
    return name == "localhost" if address is None else address.is_loopback


def _loopback_in(networks: Sequence[Network]) -> bool:
    return any(address in network for address in _LOOPBACK for network in networks)
