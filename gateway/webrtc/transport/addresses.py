"""Finds the addresses to which viewers are told to send: the advertised ones, or the host's own."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Sequence

from aioice.ice import get_host_addresses

from gateway.clock import Clock
from gateway.configuration.media_settings import MediaSettings
from gateway.process.resolver import Resolver
from gateway.webrtc.transport.ice import is_usable, split_address

logger = logging.getLogger(__name__)

LOOK_UP_EVERY = 60.0
_LOOPBACK = "127.0.0.1"


def endpoints(settings: MediaSettings, port: int, last: Callable[[str], Sequence[str]]) -> list[tuple[str, int]]:
    """Return (address, port) of each candidate, best first. There is at least one.

    ``last`` returns the known addresses of an advertised host name. If nothing is known, the name itself is returned,
    and the viewer has to look it up.
    """
    if settings.advertise:
        advertised = [split_address(text, port) for text in settings.advertise]
        return list(dict.fromkeys((next(iter(last(host)), host), number) for host, number in advertised))
    if not ipaddress.ip_address(settings.host).is_unspecified:
        return [(settings.host, port)]
    return [(host, port) for host in own_addresses(settings)] or [(_LOOPBACK, port)]


def own_addresses(settings: MediaSettings) -> list[str]:
    """Return the addresses of this host that viewers may reach, in the families that ``host`` asks for."""
    own = get_host_addresses(use_ipv4=True, use_ipv6=settings.host == "::")
    return [host for host in own if is_usable(host)]


async def look_up_names(settings: MediaSettings, resolver: Resolver) -> None:
    """Look up all advertised names, since their addresses may change. A name whose lookup fails keeps its last
    addresses."""

    async def ask(host: str) -> None:
        try:
            await resolver.addresses(host)
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            logger.warning("media.advertise: cannot look up %s", host)

    await asyncio.gather(*(ask(host) for host in {split_address(text, 0)[0] for text in settings.advertise}))


async def keep_names(settings: MediaSettings, resolver: Resolver, clock: Clock) -> None:
    """Repeat ``look_up_names`` until cancelled, so that an offer is answered at once with the latest addresses."""
    while True:
        await clock.sleep(LOOK_UP_EVERY)
        await look_up_names(settings, resolver)
