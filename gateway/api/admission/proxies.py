"""Finds the address of the sender of a request that came through proxies. Pure.

It reads only ``X-Forwarded-For``. A proxy that sends only ``Forwarded`` (RFC 7239) must be configured to send that too.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def parse_address(text: str) -> Address | None:
    """Parse an address without a port. Return None for anything else. IPv4 mapped into IPv6 becomes IPv4."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_trusted(peer: str, proxies: Sequence[Network]) -> bool:
    """Return True if ``peer`` is an address of one of the trusted ``proxies``."""
    address = parse_address(peer) if proxies else None
    return address is not None and any(address in network for network in proxies)


def origin(peer: str, forwarded: Iterable[str], proxies: Sequence[Network]) -> str:
    """Return the address a request came from: the rightmost in ``X-Forwarded-For`` that is not a trusted proxy.

    ``peer`` is the other end of the connection, and ``forwarded`` has the values of all ``X-Forwarded-For`` headers in
    order. Each proxy appends the address that called it. Anything to the left of the first untrusted address may be
    invented, and is not read. If ``peer`` is not a trusted proxy, or the header cannot be read, return ``peer``.
    """
    if not is_trusted(peer, proxies):
        return peer
    found = peer
    for entry in reversed(",".join(forwarded).split(",")):
        address = parse_address(entry)
        if address is None:
            return peer if entry.strip() else found
        found = str(address)
        if not any(address in network for network in proxies):
            break
    return found


def network_of(address: str) -> str:
    """Return what counts as one sender: an IPv4 address, or a /64 of IPv6, since a subscriber has a whole /64."""
    parsed = parse_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return address if parsed is None else str(parsed)
