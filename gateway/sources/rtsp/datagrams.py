"""Carries RTP and RTCP of one session over UDP. It uses a pair of ports, opens a path through firewalls, and accepts
packets only from the camera (RFC 3550 section 11, RFC 2326 12.39)."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from struct import Struct

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.transport import Unicast

RECEIVE_BUFFER = 2 * 1024 * 1024
"""The size in bytes that is requested for the kernel's buffer: a keyframe arrives as one burst."""
AT_ONCE = 64
COLLECTED_AT_ONCE = 4096
"""The maximum number of datagrams read in one turn. The kernel's buffer holds no more."""
ROOM = 0.5
"""If more of the buffer than this is full at a turn, datagrams are no longer collected: it might overflow before the
next turn.
"""
_SO_MEMINFO = 55  # socket(7): used and available memory, in bytes, as the kernel counts it
_MEMORY = Struct("II")
LARGEST = 65_535
ATTEMPTS = 32
_PUNCH = bytes((0x80, 0)) + bytes(10)


class PortPair:
    """An even UDP port for RTP and the next one for RTCP, on the local address of the RTSP connection.

    ``strangers`` counts the datagrams from anybody but the camera; they are dropped. While ``rests``, datagrams collect
    in the kernel until ``receive`` is called.
    """

    def __init__(self, local: str, remote: str) -> None:
        self.strangers = 0
        self.rests = False
        self._stopped = False
        self._wake: Callable[[], None] = lambda: None
        self._remote = ip_address(remote.partition("%")[0])
        self._senders = {self._remote}
        self._names: set[str] = set()
        self._report_to: tuple[str, int] | None = None
        self._sockets = _bind_pair(local)
        self._roomy = self._sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= RECEIVE_BUFFER
        self.ports: tuple[int, int] = (self._sockets[0].getsockname()[1], self._sockets[1].getsockname()[1])

    def start(self, camera: Unicast, wake: Callable[[], None]) -> None:
        """Open a path through firewalls, and call ``wake`` whenever there may be something to read. Earlier datagrams
        are waiting in the kernel."""
        source = camera.source or str(self._remote)
        with contextlib.suppress(ValueError):  # a name: the camera will send from the server's address
            self._senders.add(ip_address(source))
        self._wake = wake
        self._listen()
        for each, port in zip(self._sockets, (camera.rtp, camera.rtcp), strict=True):
            if port is not None:
                with contextlib.suppress(OSError):
                    each.sendto(_PUNCH if each is self._sockets[0] else b"", (str(self._remote), port))
        if camera.rtcp is not None:
            self._report_to = (str(self._remote), camera.rtcp)

    def rest(self, rests: bool) -> None:
        """Let datagrams collect from now on, if the kernel's buffer has room for many, or have them read as they
        arrive."""
        rests = rests and self._has_room()
        if rests is not self.rests and not self._stopped:
            self.rests = rests
            if rests:
                self._ignore()
            else:
                self._listen()

    def receive(self, most: int = AT_ONCE) -> Iterator[tuple[bool, bytes]]:
        """Return what has arrived, reports first, as (is RTCP, datagram): at most ``most`` of each."""
        for each in reversed(self._sockets):
            control = each is self._sockets[1]
            for _ in range(most):
                try:
                    data, sender = each.recvfrom(LARGEST)
                except BlockingIOError:
                    break
                except OSError:
                    continue  # an error caused by an earlier datagram of ours: that port was not open yet
                if sender[0] in self._names or self._is_camera(sender[0]):
                    yield control, data
                else:
                    self.strangers += 1

    def send_report(self, packet: bytes) -> None:
        """Send RTCP, if the camera has given its port. A datagram that cannot be sent is lost, as any datagram may
        be."""
        if self._report_to is not None:
            with contextlib.suppress(OSError):
                self._sockets[1].sendto(packet, self._report_to)

    def stop(self) -> None:
        """Read nothing more. What arrives waits in the kernel until the ports are closed."""
        if not self._stopped:
            self._stopped = True
            self._ignore()

    def close(self) -> None:
        """Release the ports."""
        self.stop()
        for each in self._sockets:
            each.close()

    def _listen(self) -> None:
        for each in self._sockets:
            asyncio.get_running_loop().add_reader(each, self._wake)

    def _ignore(self) -> None:
        for each in self._sockets:
            asyncio.get_running_loop().remove_reader(each)

    def _has_room(self) -> bool:
        """Return False, now and from then on, once the buffer has been too full for datagrams to collect in it."""
        if self._roomy:
            try:
                used, size = _MEMORY.unpack_from(self._sockets[0].getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 64))
            except OSError:  # not on this system
                used, size = 1, 1
            self._roomy = used <= ROOM * size
        return self._roomy

    def _is_camera(self, name: str) -> bool:
        """Return True if a sender's address is the camera's, and remember how it is written."""
        if ip_address(name.partition("%")[0]) not in self._senders:
            return False
        self._names.add(name)
        return True


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
