"""Carries RTP and RTCP of one session over UDP. It uses a pair of ports, opens a path through firewalls, and accepts
packets only from the camera (RFC 3550 section 11, RFC 2326 12.39)."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.transport import Unicast

RECEIVE_BUFFER = 2 * 1024 * 1024
"""The size in bytes that the kernel's buffer is asked to have: a keyframe arrives as one burst."""
AT_ONCE = 64
LARGEST = 65_535
ATTEMPTS = 32
_PUNCH = bytes((0x80, 0)) + bytes(10)


class PortPair:
    """An even UDP port for RTP and the next one for RTCP, on the local address of the RTSP connection.

    ``strangers`` counts the datagrams from anybody but the camera; they are dropped.
    """

    def __init__(self, local: str, remote: str) -> None:
        self.strangers = 0
        self._remote = ip_address(remote.partition("%")[0])
        self._senders = {self._remote}
        self._report_to: tuple[str, int] | None = None
        self._sockets = _bind_pair(local)
        self.ports: tuple[int, int] = (self._sockets[0].getsockname()[1], self._sockets[1].getsockname()[1])

    def start(self, camera: Unicast, wake: Callable[[], None]) -> None:
        """Open a path through firewalls, and call ``wake`` whenever there may be something to read. Earlier datagrams
        are waiting in the kernel."""
        source = camera.source or str(self._remote)
        with contextlib.suppress(ValueError):  # a name: the camera will send from the server's address
            self._senders.add(ip_address(source))
        loop = asyncio.get_running_loop()
        for each, port in zip(self._sockets, (camera.rtp, camera.rtcp), strict=True):
            loop.add_reader(each, wake)
            if port is not None:
                with contextlib.suppress(OSError):
                    each.sendto(_PUNCH if each is self._sockets[0] else b"", (str(self._remote), port))
        if camera.rtcp is not None:
            self._report_to = (str(self._remote), camera.rtcp)

    def receive(self) -> Iterator[tuple[bool, bytes]]:
        """Return what has arrived, reports first, as (is RTCP, datagram). At most ``AT_ONCE`` of each."""
        for each in reversed(self._sockets):
            control = each is self._sockets[1]
            for _ in range(AT_ONCE):
                try:
                    data, sender = each.recvfrom(LARGEST)
                except BlockingIOError:
                    break
                except OSError:
                    continue  # the answer to an earlier datagram of ours: that port was not open yet
                if ip_address(sender[0].partition("%")[0]) in self._senders:
                    yield control, data
                else:
                    self.strangers += 1

    def send_report(self, packet: bytes) -> None:
        """Send RTCP, if the camera has given its port. A datagram that cannot be sent is lost, as any datagram may
        be."""
        if self._report_to is not None:
            with contextlib.suppress(OSError):
                self._sockets[1].sendto(packet, self._report_to)

    def close(self) -> None:
        """Release the ports."""
        loop = asyncio.get_running_loop()
        for each in self._sockets:
            loop.remove_reader(each)
            each.close()


def _bind_pair(local: str) -> tuple[socket.socket, socket.socket]:
    """Bind two neighbouring ports, the first one even (RFC 3550 section 11)."""
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    for _ in range(ATTEMPTS):
        with contextlib.ExitStack() as undo:
            rtp = undo.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            rtcp = undo.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            try:
                rtp.bind((local, 0))
                port = rtp.getsockname()[1]
                if port % 2:
                    continue
                rtcp.bind((local, port + 1))
            except OSError:
                continue
            for each in (rtp, rtcp):
                each.setblocking(False)
                each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            undo.pop_all()
            return rtp, rtcp
    raise CameraError(SourceReason.INTERNAL, "The gateway has no pair of UDP ports left.")
