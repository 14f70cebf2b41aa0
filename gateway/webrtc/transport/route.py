"""Defines how a viewer is reached: through a local socket or TCP connection, and the address at its other end. Pure."""

from typing import Any, NamedTuple, Protocol

Address = tuple[Any, ...]  # the form that a socket returns: (host, port) or (host, port, flow, scope)


class Via(Protocol):
    """Sends datagrams. A UDP socket sends to any address, a TCP connection to its peer only.

    ``paces`` is True if it sends no faster than the network carries.
    """

    paces: bool

    def send(self, datagram: bytes, address: Address) -> None:
        """Send a datagram whose own protocol repeats it if it is lost: STUN, DTLS or RTCP."""
        ...

    def send_run(self, packets: bytes, count: int, size: int, address: Address) -> bool:
        """Send ``count`` packets that follow each other without gaps, each of ``size`` bytes, except that the last may
        be shorter.

        Return True if all of them went out. Sending stops at the first packet that does not go out.
        """
        ...


class Route(NamedTuple):
    """Names one way to reach one viewer."""

    via: Via
    address: Address

    @property
    def host(self) -> str:
        """Return the viewer's address. An IPv4 peer of a socket for both families has an IPv6 name; this returns its
        IPv4 one."""
        host = str(self.address[0])
        return host[7:] if host.startswith("::ffff:") and "." in host else host

    @property
    def port(self) -> int:
        """Return the viewer's port."""
        return int(self.address[1])
