"""Recognises this machine, and holders of the metrics token, who may read metrics without being signed in."""

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
    """Return True for a request from this machine itself, or one with ``http.metrics_token`` as its Bearer token.

    A proxy on this machine makes everybody look local. So a request does not count as local if it has a proxy's header,
    or if the configuration shows that there is a proxy. ``Host`` must also name this machine, because a foreign page
    may have a domain name that resolves to this machine.
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
    """Return True if requests come through a proxy on this machine.

    That is so if a local proxy is trusted, or if ``public_url`` begins with ``https:`` and the gateway has no
    certificate.
    """
    return (http.public_url.startswith("https:") and http.tls_certificate is None) or _loopback_in(http.trusted_proxies)


def _here(name: str) -> bool:
    address = parse_address(name)
    return name == "localhost" if address is None else address.is_loopback


def _loopback_in(networks: Sequence[Network]) -> bool:
    return any(address in network for address in _LOOPBACK for network in networks)
