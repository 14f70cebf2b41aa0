"""Where viewers are told to send to: the advertised addresses, or the host's own."""

import asyncio
import ipaddress
import logging
import socket

from aioice.ice import get_host_addresses

from gateway.settings import MediaSettings
from gateway.webrtc.ice import is_usable, split_address

logger = logging.getLogger(__name__)

_LOOPBACK = "127.0.0.1"


async def endpoints(settings: MediaSettings, port: int) -> list[tuple[str, int]]:
    """(address, port) of each candidate, best first; at least one.

    Host names among the advertised ones are looked up each time, since they may move; where that fails, the name
    itself is given and the viewer has to find out.
    """
    if settings.advertise:
        found = [await _resolve(*split_address(text, port)) for text in settings.advertise]
        return list(dict.fromkeys(found))
    if not ipaddress.ip_address(settings.host).is_unspecified:
        return [(settings.host, port)]
    return [(host, port) for host in own_addresses(settings)] or [(_LOOPBACK, port)]


def own_addresses(settings: MediaSettings) -> list[str]:
    """Addresses of this host that viewers may reach, of those families that ``host`` asks for."""
    own = get_host_addresses(use_ipv4=True, use_ipv6=settings.host == "::")
    return [host for host in own if is_usable(host)]


async def _resolve(host: str, port: int) -> tuple[str, int]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return host, port
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError:
        logger.warning("media.advertise: %s cannot be resolved", host)
        return host, port
    return str(answers[0][4][0]), port
