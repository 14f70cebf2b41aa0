"""Where viewers are told to send to: the advertised addresses, or the host's own."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Sequence

from aioice.ice import get_host_addresses

from gateway.clock import Clock
from gateway.configuration.settings import MediaSettings
from gateway.resolver import Resolver
from gateway.webrtc.transport.ice import is_usable, split_address

logger = logging.getLogger(__name__)

LOOK_UP_EVERY = 60.0
_LOOPBACK = "127.0.0.1"


def endpoints(settings: MediaSettings, port: int, last: Callable[[str], Sequence[str]]) -> list[tuple[str, int]]:
    """(address, port) of each candidate, best first; at least one.

    ``last`` gives what is known of a host name among the advertised ones. Where that is nothing, the name itself is
    given and the viewer has to find out.
    """
    if settings.advertise:
        advertised = [split_address(text, port) for text in settings.advertise]
        return list(dict.fromkeys((next(iter(last(host)), host), number) for host, number in advertised))
    if not ipaddress.ip_address(settings.host).is_unspecified:
        return [(settings.host, port)]
    return [(host, port) for host in own_addresses(settings)] or [(_LOOPBACK, port)]


def own_addresses(settings: MediaSettings) -> list[str]:
    """Addresses of this host that viewers may reach, of those families that ``host`` asks for."""
    own = get_host_addresses(use_ipv4=True, use_ipv6=settings.host == "::")
    return [host for host in own if is_usable(host)]


async def look_up_names(settings: MediaSettings, resolver: Resolver) -> None:
    """Ask for the addresses of all advertised names, which may move. What is not answered stays as it was."""

    async def ask(host: str) -> None:
        try:
            await resolver.addresses(host)
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            logger.warning("media.advertise: %s cannot be looked up", host)

    await asyncio.gather(*(ask(host) for host in {split_address(text, 0)[0] for text in settings.advertise}))


async def keep_names(settings: MediaSettings, resolver: Resolver, clock: Clock) -> None:
    """Do so again and again, until cancelled, so that an offer is answered with the last answer at once."""
    while True:
        await clock.sleep(LOOK_UP_EVERY)
        await look_up_names(settings, resolver)
