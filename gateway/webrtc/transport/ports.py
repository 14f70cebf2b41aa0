"""Opens everything on which viewers reach the gateway: one port number, for UDP and TCP, on each required address."""

import ipaddress
import logging
from collections.abc import Callable, Iterable

from gateway.clock import Clock
from gateway.configuration.media_settings import MediaSettings
from gateway.metrics import Metrics
from gateway.webrtc.transport.route import Route
from gateway.webrtc.transport.tcp import TcpPort
from gateway.webrtc.transport.udp import MediaPort

logger = logging.getLogger(__name__)

_ATTEMPTS = 20
_MOST_ADDRESSES = 64  # a host that gets a new address each day must not fill the process with sockets


class Ports:
    """Owns the sockets of the media port.

    If ``settings.host`` is unspecified, each address of the host gets a UDP socket of its own, so that an answer is
    sent from the address at which the check arrived. ICE ignores an answer from elsewhere.
    """

    def __init__(
        self,
        settings: MediaSettings,
        receive: Callable[[bytes, Route], None],
        lost: Callable[[Route], None],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._receive = receive
        self.tcp = TcpPort(receive, lost, clock, metrics)
        self._udp: list[MediaPort] = []
        self._bound: set[str] = set()

    async def open(self) -> None:
        """Open the sockets. Raises OSError if the port is in use."""
        for left in reversed(range(_ATTEMPTS if self._settings.port == 0 else 1)):
            udp = MediaPort(self._settings.host, self._settings.port, self._receive)
            try:
                if self._settings.tcp:
                    await self.tcp.start(self._settings.host, udp.local[1])
            except OSError:
                udp.close()
                if not left:  # the number that UDP got may be taken on TCP, so try another
                    raise
            else:
                self._udp.append(udp)
                return

    @property
    def number(self) -> int:
        """Return the number of the port."""
        return self._udp[0].local[1]

    @property
    def packets(self) -> int:
        """Return how many media packets were sent."""
        return self.tcp.packets + sum(port.packets for port in self._udp)

    @property
    def bytes(self) -> int:
        """Return how many bytes of media were sent."""
        return self.tcp.bytes + sum(port.bytes for port in self._udp)

    @property
    def batching(self) -> bool:
        """Return True if runs go out in one system call on every network."""
        return all(port.batching for port in self._udp)

    def attend(self, addresses: Iterable[str]) -> None:
        """Open a socket for each address of this host, including new ones, so that answers are sent from the right
        address."""
        if not ipaddress.ip_address(self._settings.host).is_unspecified:
            return
        for address in addresses:
            if address not in self._bound and len(self._bound) < _MOST_ADDRESSES:
                self._bound.add(address)
                try:
                    self._udp.append(MediaPort(address, self.number, self._receive, beside=self._udp[0]))
                except OSError as error:  # the address may be gone again; the socket for all addresses still hears it
                    logger.debug("no socket for an address of this host: %s", error)

    async def close(self) -> None:
        """Close the port."""
        for port in self._udp:
            port.close()
        await self.tcp.close()
