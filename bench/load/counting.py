"""A viewer for the bench, with real ICE, DTLS and feedback. It counts what arrives by reading only headers, and now and
then decrypts a packet to check that it can.

Four hundred viewers must cost less than the server that feeds them, and must not become part of its cost:

- With UDP_GRO the kernel hands over, in one call, all packets that arrived in one send. If a server sends packet by
  packet, the viewer receives packet by packet.
- Viewers check their sockets every few milliseconds instead of waiting for them: on loopback, the sender does the work
  of waking a reader, which a server does not have to do for viewers elsewhere. Delays stay exact, because the kernel
  notes the time of every arrival.
"""

import asyncio
import select
import socket
import struct
from array import array
from collections.abc import Callable

from pylibsrtp import Error as SrtpError

from gateway.webrtc.transport.demux import Protocol, protocol_of
from rig.viewer import LightViewer

VIDEO, RETRANSMISSION = 102, 103
ROOM_FOR_BITRATE = 20_000_000  # what the viewer reports as its link's capacity, bit/s
REPORT_EVERY = 1.0
POLL_INTERVAL = 0.004

_UDP_GRO = 104
_TIMESTAMP = 35  # SO_TIMESTAMPNS, and the type of its control message
_CONTROL = socket.CMSG_SPACE(16) + socket.CMSG_SPACE(4)
_TIME = struct.Struct("qq")
_FORMATS = f"""m=video 9 UDP/TLS/RTP/SAVPF {VIDEO} {RETRANSMISSION}
a=rtcp-fb:{VIDEO} goog-remb
a=rtpmap:{RETRANSMISSION} rtx/90000
a=fmtp:{RETRANSMISSION} apt={VIDEO}
"""


class Pictures:
    """Holds what all viewers of a process have received: one line per viewer and picture, written when the picture's
    last packet arrives."""

    def __init__(self) -> None:
        self.viewers = array("H")
        self.rtp = array("I")
        self.at = array("q")
        self.sizes = array("I")
        self.buffer = bytearray(65536)


class Poller:
    """Checks the sockets of connected viewers every ``POLL_INTERVAL``."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._read: dict[int, Callable[[], None]] = {}

    def add(self, viewer: "CountingViewer") -> None:
        """Read this viewer's socket from now on, in place of the event loop."""
        number = viewer.socket.fileno()
        asyncio.get_running_loop().remove_reader(number)
        self._read[number] = viewer.readable
        self._epoll.register(number, select.EPOLLIN)

    async def run(self) -> None:
        """Check the sockets until cancelled."""
        poll, read = self._epoll.poll, self._read
        while True:
            while ready := poll(0, 1024):
                for number, _ in ready:
                    read[number]()
            await asyncio.sleep(POLL_INTERVAL)


class CountingViewer(LightViewer):
    """Viewer ``number``. ``packets`` and ``bytes`` count the video, ``runs`` the sends in which it arrived, ``lost``
    the missing packets. Of the packets picked for a check, ``opened`` could be decrypted and contained H.264, and
    ``sealed`` could not be decrypted.
    """

    def __init__(self, number: int, pictures: Pictures, host: str, coalesce: bool = True) -> None:
        self._coalesce = coalesce
        self._pictures = pictures
        super().__init__(host=host)
        self.runs = self.lost = self.opened = self.sealed = self.repeats = 0
        self._number = number
        self._highest = -1
        self._rtp = -1
        self._size = 0
        self._ssrc = 0
        self._sample = False

    def offer(self) -> str:
        """Return an offer like a browser's: REMB feedback, and retransmission with a separate SSRC."""
        plain = super().offer()
        media = next(line for line in plain.split("\r\n") if line.startswith("m="))
        first, *rest = _FORMATS.strip().split("\n")
        changed = plain.replace(media, first.replace(" 9 ", f" {media.split()[1]} "))
        return changed.replace("a=ice-ufrag", "\r\n".join([*rest, "a=ice-ufrag"]), 1)

    def _open(self) -> socket.socket:
        opened = super()._open()
        opened.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        if self._coalesce:
            opened.setsockopt(socket.IPPROTO_UDP, _UDP_GRO, 1)
        return opened

    def readable(self) -> None:
        """Count the packets that have arrived in a run, or handle anything else that has arrived."""
        buffer = self._pictures.buffer
        try:
            size, control, _, address = self.socket.recvmsg_into([buffer], _CONTROL)
        except BlockingIOError:
            return
        if not 128 <= buffer[0] < 192 or 192 <= buffer[1] <= 223:
            self._other(bytes(buffer[:size]), address)
            return
        run = size
        at = 0
        for level, kind, data in control:
            if kind == _TIMESTAMP and level == socket.SOL_SOCKET:
                seconds, rest = _TIME.unpack(data)
                at = seconds * 1_000_000_000 + rest
            elif kind == _UDP_GRO:
                run = int.from_bytes(data, "little")
        if buffer[1] & 0x7F != VIDEO:
            self.repeats += 1
            return
        count = -(-size // run)
        last = (count - 1) * run
        sequence = int.from_bytes(buffer[2:4], "big")
        if self._highest >= 0:
            self.lost += (sequence - self._highest - 1) & 0xFFFF
        self._highest = (sequence + count - 1) & 0xFFFF
        self.packets += count
        self.runs += 1
        self.bytes += size
        rtp = int.from_bytes(buffer[last + 4 : last + 8], "big")
        self._size = self._size + size if rtp == self._rtp else size
        self._rtp = rtp
        if buffer[last + 1] & 0x80:
            pictures = self._pictures
            pictures.viewers.append(self._number)
            pictures.rtp.append(rtp)
            pictures.at.append(at)
            pictures.sizes.append(self._size)
        if self._sample:
            self._sample = False
            self._look_into(bytes(buffer[:run]))

    def report(self) -> None:
        """Send a receiver report with REMB (RFC 3550 6.4.2, draft-alvestrand-rmcat-remb), and check the next packet."""
        self._sample = True
        if not self._ssrc:
            return
        shift = max(0, ROOM_FOR_BITRATE.bit_length() - 18)
        estimate = struct.pack("!I", 1 << 24 | shift << 18 | ROOM_FOR_BITRATE >> shift)
        reception = struct.pack("!IIIIII", self._ssrc, 0, max(0, self._highest), 0, 0, 0)
        report = struct.pack("!BBHI", 0x81, 201, 7, 1) + reception
        remb = struct.pack("!BBHII", 0x8F, 206, 5, 1, 0) + b"REMB" + estimate + struct.pack("!I", self._ssrc)
        self.send_rtcp(report + remb)

    def _look_into(self, packet: bytes) -> None:
        self._ssrc = int.from_bytes(packet[8:12], "big")
        try:
            plain = self.dtls.unprotect(packet)
        except SrtpError:
            self.sealed += 1
            return
        kind = (
            plain[12 + 4 * (plain[0] & 15)] & 0x1F
        )  # no server here sends a header extension, because none is negotiated
        self.opened += 1 <= kind <= 28

    def _other(self, datagram: bytes, address: tuple[str, int]) -> None:
        match protocol_of(datagram):
            case Protocol.DTLS:
                self.wire.inbox.put_nowait(datagram)
            case Protocol.RTCP:
                self.reports += 1
            case Protocol.STUN:
                self._received_stun(datagram, address)
            case _:
                pass
