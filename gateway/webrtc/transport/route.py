"""Where a viewer is heard and answered: a local socket or TCP connection, and the address at its other end. Pure."""

from typing import Any, NamedTuple, Protocol

Address = tuple[Any, ...]  # whatever a socket gives: (host, port) or (host, port, flow, scope)


class Via(Protocol):
    """What sends: a UDP socket, to any address; a TCP connection, to its peer alone. ``paces``: it sends no faster than
    the network takes."""

    paces: bool

    def send(self, datagram: bytes, address: Address) -> None:
        """Send what its own protocol repeats if it is lost: STUN, DTLS, RTCP."""
        ...

    def send_run(self, packets: bytes, count: int, size: int, address: Address) -> bool:
        """Send ``count`` packets of ``size`` bytes each, the last one perhaps shorter, that stand one right after
        another. Whether all of them went out; no further ones do after the first that did not."""
        ...


class Route(NamedTuple):
    """One way to one viewer."""

    via: Via
    address: Address

    @property
    def host(self) -> str:
        """The viewer's address: where a socket for both families names an IPv4 peer as an IPv6 one, its IPv4."""
        host = str(self.address[0])
        return host[7:] if host.startswith("::ffff:") and "." in host else host

    @property
    def port(self) -> int:
        """The viewer's port."""
        return int(self.address[1])
