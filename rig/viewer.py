"""A viewer that costs almost nothing: after real ICE checks and a real DTLS handshake it only counts packets."""

import asyncio
import os
import re
import secrets
import socket
import struct
from collections.abc import Callable

from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

from gateway.rtp.packet import RtpPacket, parse_rtp
from gateway.webrtc.transport import stun
from gateway.webrtc.transport.demux import Protocol, protocol_of
from gateway.webrtc.transport.ice import Credentials

CHECK_INTERVAL = 2.0
FIRST_CHECK_INTERVAL = 0.05
_RECEIVE_BUFFER = 2 * 1024 * 1024


class Wire:
    """The part of an ICE transport that aiortc's DTLS needs."""

    role = "controlling"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue(32)
        self.deliver = send

    async def _recv(self) -> bytes:
        return await self.inbox.get()

    async def _send(self, data: bytes) -> None:
        self.deliver(data)


class DtlsClient(RTCDtlsTransport):
    """aiortc's DTLS as a client that gives access to its keys."""

    def __init__(self, wire: Wire, certificate: RTCCertificate) -> None:
        super().__init__(wire, [certificate])  # type: ignore[arg-type]  # duck-typed
        self._set_role("client")

    def knows_only(self, profile: str) -> None:
        """Offer only this SRTP profile."""
        self._srtp_profiles = [one for one in SRTP_PROFILES if one.openssl_profile == profile.encode()]

    def inside(self, data: bytes) -> bytes:
        """Return a DTLS record that contains ``data``."""
        assert self._ssl is not None, "before the handshake"
        self._ssl.send(data)
        return self._ssl.bio_read(1500)

    def unprotect(self, packet: bytes) -> bytes:
        """Decrypt an SRTP packet. Raises pylibsrtp.Error."""
        return bytes(self._rx_srtp.unprotect(packet))

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """Decrypt an SRTCP packet. Raises pylibsrtp.Error."""
        return bytes(self._rx_srtp.unprotect_rtcp(packet))

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Encrypt an RTCP packet."""
        return bytes(self._tx_srtp.protect_rtcp(packet))


class LightViewer:
    """One UDP socket on ``host``. ``packets`` and ``bytes`` count SRTP; ``on_media`` may look at each packet.

    It signs its checks with ``username`` and ``password``, as the answer requires.
    """

    def __init__(self, on_media: Callable[[bytes], None] | None = None, host: str = "127.0.0.1") -> None:
        self.host = host
        self.packets = 0
        self.bytes = 0
        self.reports = 0
        self.credentials = Credentials.fresh()
        self.socket = self._open()
        self._on_media = on_media
        self._certificate = RTCCertificate.generateCertificate()
        self.wire = Wire(self.say)
        self.dtls = DtlsClient(self.wire, self._certificate)
        self._remote: tuple[str, int] | None = None
        self.username = ""
        self.password = ""
        self._checking: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()

    def offer(self) -> str:
        """Return an offer to receive one H.264 video as a DTLS client."""
        fingerprint = self._certificate.getFingerprints()[0]
        port = self.socket.getsockname()[1]
        lines = [
            "v=0",
            f"o=- {secrets.randbits(62)} 1 IN IP4 {self.host}",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE 0",
            "a=msid-semantic:WMS *",
            f"m=video {port} UDP/TLS/RTP/SAVPF 102",
            f"c=IN IP4 {self.host}",
            "a=mid:0",
            "a=recvonly",
            "a=rtcp-mux",
            "a=rtpmap:102 H264/90000",
            "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
            "a=rtcp-fb:102 nack",
            "a=rtcp-fb:102 nack pli",
            f"a=ice-ufrag:{self.credentials.ufrag}",
            f"a=ice-pwd:{self.credentials.password}",
            f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
            "a=setup:active",
            f"a=candidate:1 1 udp 2130706431 {self.host} {port} typ host",
            "a=end-of-candidates",
        ]
        return "\r\n".join(lines) + "\r\n"

    async def connect(self, answer: str) -> None:
        """Connect with ICE checks and a DTLS handshake, then count packets. Raises ConnectionError."""
        fingerprint = await self.reach(answer)
        await self.dtls.start(RTCDtlsParameters([fingerprint]))
        if self.dtls.state != "connected":
            raise ConnectionError("DTLS failed")

    async def reach(self, answer: str) -> RTCDtlsFingerprint:
        """Send ICE checks repeatedly, without a handshake. Return the fingerprint to expect. Raises ConnectionError."""

        def found(pattern: str) -> str:
            match = re.search(pattern, answer, re.MULTILINE)
            if match is None:
                raise ConnectionError(f"the answer has no {pattern}")
            return match[1]

        self._remote = (
            found(r"^a=candidate:\S+ 1 udp \d+ ([\d.]+) \d+ typ host"),
            int(found(r"^a=candidate:\S+ 1 udp \d+ [\d.]+ (\d+) typ host")),
        )
        self.username = f"{found('^a=ice-ufrag:(.*?)$').strip()}:{self.credentials.ufrag}"
        self.password = found("^a=ice-pwd:(.*?)$").strip()
        algorithm, value = found("^a=fingerprint:(sha-256.*?)$").split()
        self._checking = asyncio.create_task(self._check(), name="viewer checks")
        await self._answered.wait()
        return RTCDtlsFingerprint(algorithm, value)

    def stop_checking(self) -> None:
        """Stop the repeated checks. From now on only ``check`` sends them."""
        if self._checking is not None:
            self._checking.cancel()

    async def close(self) -> None:
        """Stop, and tell the server."""
        self.stop_checking()
        await self.dtls.stop()
        asyncio.get_running_loop().remove_reader(self.socket.fileno())
        self.socket.close()

    def move(self, host: str | None = None) -> None:
        """Continue from another port, and from ``host`` if given, as if after a change of network."""
        self.host = host or self.host
        asyncio.get_running_loop().remove_reader(self.socket.fileno())
        self.socket.close()
        self.socket = self._open()

    def check(self, password: str | None = None) -> None:
        """Send one connectivity check that nominates."""
        self.say(self.check_message(password))

    def check_message(self, password: str | None = None) -> bytes:
        """Return the check's bytes."""
        attributes = [
            (stun.USERNAME, self.username.encode()),
            (stun.PRIORITY, struct.pack("!I", 1 << 24)),
            (stun.ICE_CONTROLLING, b"\xff" * 8),  # the largest tie-breaker, so that the other side yields control
            (stun.USE_CANDIDATE, b""),
        ]
        return stun.message(stun.BINDING_REQUEST, os.urandom(12), attributes, password or self.password)

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt an RTCP packet and send it."""
        self.say(self.dtls.protect_rtcp(packet))

    def stop_reading(self) -> None:
        """Stop reading, and leave arriving packets in the socket."""
        asyncio.get_running_loop().remove_reader(self.socket.fileno())

    def read_on(self) -> None:
        """Read again after ``stop_reading``."""
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self.readable)

    @property
    def told_the_end(self) -> bool:
        """Return True if the other side has ended the DTLS association or has sent data in it."""
        return self.dtls.state == "closed" or not self.wire.inbox.empty()

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        opened.bind((self.host, 0))
        asyncio.get_running_loop().add_reader(opened.fileno(), self.readable)
        return opened

    async def _check(self) -> None:
        while True:
            self.check()
            await asyncio.sleep(CHECK_INTERVAL if self._answered.is_set() else FIRST_CHECK_INTERVAL)

    def say(self, data: bytes) -> None:
        """Send any bytes from the socket that sends the checks."""
        if self._remote is not None:
            self.socket.sendto(data, self._remote)

    def readable(self) -> None:
        """Read what has arrived."""
        receive = self.socket.recvfrom
        while True:
            try:
                datagram, address = receive(2048)
            except BlockingIOError:
                return
            kind = protocol_of(datagram)
            if kind is Protocol.RTP:
                self.packets += 1
                self.bytes += len(datagram)
                if self._on_media is not None:
                    self._on_media(datagram)
            elif kind is Protocol.DTLS:
                self.wire.inbox.put_nowait(datagram)
            elif kind is Protocol.RTCP:
                self.reports += 1
            elif kind is Protocol.STUN:
                self._received_stun(datagram, address)

    def _received_stun(self, datagram: bytes, address: tuple[str, int]) -> None:
        if datagram[:2] == stun.BINDING_SUCCESS.to_bytes(2, "big"):
            self._answered.set()
            return
        request = stun.parse_request(datagram)
        if request is not None:  # a full agent checks us too
            reply = stun.binding_success(request.transaction, *address[:2], self.credentials.password)
            self.socket.sendto(reply, address)


def received_by(transport: RTCDtlsTransport) -> list[RtpPacket]:
    """Return a list of the decrypted RTP packets that reach an aiortc peer from now on. It no longer decodes them."""
    packets: list[RtpPacket] = []

    async def keep(data: bytes, arrival_time_ms: int) -> None:
        packets.append(parse_rtp(data))

    transport._handle_rtp_data = keep  # type: ignore[method-assign]
    return packets
