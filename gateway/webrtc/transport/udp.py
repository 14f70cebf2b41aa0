"""A UDP socket that many viewers share: batches in, runs of equal packets out in one system call each (UDP GSO)."""

import asyncio
import errno
import logging
import socket
import struct
from collections.abc import Callable

from gateway.webrtc.transport.route import Address, Route

logger = logging.getLogger(__name__)

FULL_PACKET = 1168  # bytes: the largest payload that our packetizers make, an RTP header and the tag of GCM
UDP_SEGMENT = 103  # linux/udp.h
_RECEIVE_BATCH = 64
_RECEIVE_SIZE = 2048
_BUFFER = 4 * 1024 * 1024
_NO_ROOM = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS})
_REFUSES_BATCH = frozenset({errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP})

Bind = Callable[[str, int, socket.socket | None], socket.socket]


class MediaPort:
    """A non-blocking UDP socket. ``packets`` and ``bytes`` count what media it has sent."""

    paces = False

    def __init__(
        self,
        host: str,
        port: int,
        receive: Callable[[bytes, Route], None],
        beside: "MediaPort | None" = None,
        bind: Bind | None = None,
    ) -> None:
        """Bind, by ``bind`` or as usual. Raises OSError. ``beside``: one that is bound to the same port number and to
        every address; from now on this one gets what comes to ``host``, and what it sends comes from there."""
        self._receive = receive
        self._segments: dict[int, list[tuple[int, int, bytes]]] = {}
        self._socket: socket.socket = (bind or bind_socket)(host, port, None if beside is None else beside._socket)
        self.batching = _offers_batching(self._socket)
        self.packets = 0
        self.bytes = 0
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    @property
    def local(self) -> tuple[str, int]:
        """The address and port that it is bound to."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    def send(self, datagram: bytes, address: Address) -> None:
        """Send what its own protocol repeats if it is lost: STUN, DTLS, RTCP."""
        try:
            self._send_one(datagram, address)
        except OSError as error:
            logger.debug("datagram not sent: %s", error)

    def send_run(self, packets: bytes, count: int, size: int, address: Address) -> bool:
        """See Via; 64 KiB at most."""
        try:
            if size == FULL_PACKET and self.batching:
                self.bytes += self._socket.sendto(packets, address)
            elif count == 1:
                self.bytes += self._send_one(packets, address)
            elif self.batching:
                self.bytes += self._socket.sendmsg((packets,), self._segment(size), 0, address)
            else:
                return self._send_singly(packets, size, address)
        except OSError as error:
            if count > 1 and error.errno in _REFUSES_BATCH:
                return self._without_batching(packets, size, address)
            if error.errno not in _NO_ROOM:
                logger.debug("media not sent: %s", error)
            return False
        self.packets += count
        return True

    def close(self) -> None:
        """Stop receiving and give the port back."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def _send_one(self, datagram: bytes, address: Address) -> int:
        """As one datagram, whatever its size: the socket by itself parts what is larger than a full packet."""
        if len(datagram) <= FULL_PACKET or not self.batching:
            return self._socket.sendto(datagram, address)
        return self._socket.sendmsg((datagram,), self._segment(len(datagram)), 0, address)

    def _segment(self, size: int) -> list[tuple[int, int, bytes]]:
        """What tells the kernel to part a send into datagrams of ``size`` bytes."""
        if size not in self._segments:
            self._segments[size] = [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", size))]
        return self._segments[size]

    def _send_singly(self, packets: bytes, size: int, address: Address) -> bool:
        return all(self.send_run(packets[at : at + size], 1, 0, address) for at in range(0, len(packets), size))

    def _without_batching(self, packets: bytes, size: int, address: Address) -> bool:
        """Some routes and network cards refuse segmentation only when asked to do it: then do without, for good."""
        sent = self._send_singly(packets, size, address)
        if sent and self.batching:
            self.batching = False
            self._socket.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
            logger.warning("the network refuses UDP segmentation; sending one packet a system call from now on")
        return sent

    def _readable(self) -> None:
        for _ in range(_RECEIVE_BATCH):
            try:
                datagram, address = self._socket.recvfrom(_RECEIVE_SIZE)
            except BlockingIOError:
                return
            except OSError as error:  # say, a port-unreachable of somebody who has gone
                logger.debug("nothing received: %s", error)
                continue
            self._receive(datagram, Route(self, address))


def bind_socket(host: str, port: int, beside: socket.socket | None) -> socket.socket:
    """Open the socket of a media port. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    bound.setblocking(False)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # the kernel gives what it allows
            bound.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        # Both sides must agree to share, for a moment: else a port that another process has would not be noticed, and
        # other processes could take ours.
        sharing = [] if beside is None else [bound, beside]
        for one in sharing:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
        finally:
            for one in sharing:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except OSError:
        bound.close()
        raise
    return bound


def _offers_batching(bound: socket.socket) -> bool:
    try:
        bound.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, FULL_PACKET)
    except OSError:
        return False
    return True
