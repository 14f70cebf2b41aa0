"""Shares a UDP socket among many viewers. It reads in batches, and sends runs of equal packets in one system call each
(UDP GSO)."""

import asyncio
import errno
import logging
import socket
import struct
from collections.abc import Callable

from gateway.webrtc.transport.route import Address, Route

logger = logging.getLogger(__name__)

FULL_PACKET = 1168  # in bytes: the largest payload that our packetizers make, an RTP header and the tag of GCM
UDP_SEGMENT = 103  # linux/udp.h
_RECEIVE_BATCH = 64
_RECEIVE_SIZE = 2048
_BUFFER = 4 * 1024 * 1024
_NO_ROOM = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS})
_REFUSES_BATCH = frozenset({errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP})

Bind = Callable[[str, int, socket.socket | None], socket.socket]


class MediaPort:
    """Wraps a non-blocking UDP socket. ``packets`` and ``bytes`` count the media it has sent."""

    paces = False

    def __init__(
        self,
        host: str,
        port: int,
        receive: Callable[[bytes, Route], None],
        beside: "MediaPort | None" = None,
        bind: Bind | None = None,
    ) -> None:
        """Bind the socket, using ``bind`` if given. Raises OSError.

        ``beside`` is a socket on the same port and on every address. From now on, this socket receives the datagrams
        for ``host`` and sends from there.
        """
        self._receive = receive
        self._segments: dict[int, list[tuple[int, int, bytes]]] = {}
        self._socket: socket.socket = (bind or bind_socket)(host, port, None if beside is None else beside._socket)
        self.batching = _offers_batching(self._socket)
        self.packets = 0
        self.bytes = 0
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    @property
    def local(self) -> tuple[str, int]:
        """Return the address and port of the socket."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    def send(self, datagram: bytes, address: Address) -> None:
        """Send a datagram whose own protocol repeats it if it is lost: STUN, DTLS or RTCP."""
        try:
            self._send_one(datagram, address)
        except OSError as error:
            logger.debug("datagram not sent: %s", error)

    def send_run(self, packets: bytes, count: int, size: int, address: Address) -> bool:
        """Send media as in ``Via``, at most 64 KiB."""
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
        """Stop receiving and close the socket."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def _send_one(self, datagram: bytes, address: Address) -> int:
        """Send one datagram. If it is larger than a full packet, override the socket's setting, which would split
        it."""
        if len(datagram) <= FULL_PACKET or not self.batching:
            return self._socket.sendto(datagram, address)
        return self._socket.sendmsg((datagram,), self._segment(len(datagram)), 0, address)

    def _segment(self, size: int) -> list[tuple[int, int, bytes]]:
        """Return the control message that has the kernel split a send into datagrams of ``size`` bytes."""
        if size not in self._segments:
            self._segments[size] = [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", size))]
        return self._segments[size]

    def _send_singly(self, packets: bytes, size: int, address: Address) -> bool:
        return all(self.send_run(packets[at : at + size], 1, 0, address) for at in range(0, len(packets), size))

    def _without_batching(self, packets: bytes, size: int, address: Address) -> bool:
        """Send without batching from now on. Some routes and network cards refuse segmentation only when it is used."""
        sent = self._send_singly(packets, size, address)
        if sent and self.batching:
            self.batching = False
            self._socket.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
            logger.warning(
                "the network refuses UDP segmentation, so each packet is sent by a separate system call from now on"
            )
        return sent

    def _readable(self) -> None:
        for _ in range(_RECEIVE_BATCH):
            try:
                datagram, address = self._socket.recvfrom(_RECEIVE_SIZE)
            except BlockingIOError:
                return
            except OSError as error:  # for example, a port-unreachable message about a viewer who has gone
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
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # the kernel grants as much as it allows
            bound.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        # Both sockets must agree to share the port for a moment. If they always did, a port that another process has
        # would go unnoticed, and other processes could take ours.
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
