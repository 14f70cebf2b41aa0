"""DTLS-SRTP with one viewer (RFC 5763, RFC 5764), the handshake done by aiortc.

**Architecture invariant:** no other module touches aiortc's internals. Those used here are pinned by a contract test
(tests/webrtc/transport/test_dtls.py) that an upgrade of aiortc has to pass.

Chromium as DTLS server chooses AES_CM_SHA1_80; as client it accepts our choice. So the gateway is the server, and
so GCM is negotiated (aiortc lists it first).
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pylibsrtp
from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from OpenSSL import SSL

from gateway.errors import Malformed, SightlineError
from gateway.webrtc.transport.srtp import GcmSealer, LibsrtpSealer, Sealer

_INBOX = 32
_LARGEST_RECORD = 1 << 14
_EXPORTER = b"EXTRACTOR-dtls_srtp"
_REACH = 1024  # packets: the replay window that aiortc gives libsrtp
_CM_TAG = 10  # bytes of HMAC-SHA1-80


class DtlsFailed(SightlineError):
    """The handshake did not succeed: no common profile, a certificate that the offer did not name, or rubbish."""


class Identity:
    """The certificate that the gateway shows to viewers; its fingerprint stands in the answer."""

    def __init__(self) -> None:
        self.certificate = RTCCertificate.generateCertificate()
        prints = self.certificate.getFingerprints()
        self.fingerprint = next(p.value for p in prints if p.algorithm == "sha-256")


@dataclass(slots=True)
class _Wire:
    """What aiortc's transport needs of an ICE transport."""

    deliver: Callable[[bytes], None]
    role: str = "controlled"
    state: str = "completed"
    inbox: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_INBOX))

    async def _recv(self) -> bytes:
        return await self.inbox.get()

    async def _send(self, data: bytes) -> None:
        self.deliver(data)


class DtlsTransport:
    """The server's side of one DTLS association. ``deliver`` sends a datagram to the viewer."""

    def __init__(
        self, identity: Identity, fingerprints: Iterable[tuple[str, str]], deliver: Callable[[bytes], None]
    ) -> None:
        self.thrown_away = 0
        """Records of application data: nothing that is said inside DTLS is for us."""
        self._wire = _Wire(deliver)
        self._transport = RTCDtlsTransport(self._wire, [identity.certificate])  # type: ignore[arg-type]  # duck-typed
        self._transport._set_role("server")
        self._remote = RTCDtlsParameters([RTCDtlsFingerprint(*pair) for pair in fingerprints])

    def feed(self, datagram: bytes) -> bool:
        """Hand over a datagram that holds DTLS; False if it was dropped, since too many wait."""
        try:
            self._wire.inbox.put_nowait(datagram)
        except asyncio.QueueFull:
            return False
        return True

    async def handshake(self) -> None:
        """Answer the viewer's handshake and check its certificate against the offer. Raises DtlsFailed."""
        await self._transport.start(self._remote)
        if self._transport.state != "connected":
            raise DtlsFailed("handshake failed")
        # aiortc starts a task of its own to go on receiving; every task of ours has an owner, so run() does it.
        pump, self._transport._task = self._transport._task, None
        if pump is not None:
            pump.cancel()

    async def run(self) -> None:
        """Go on answering DTLS (say, a repeated last flight) until the viewer closes the association.

        What else is said inside it is thrown away: no data channel was agreed on."""
        try:
            while True:
                await self._transport._recv_next()
                self._empty()
        except (ConnectionError, SSL.ZeroReturnError):
            return

    @property
    def cipher(self) -> str:
        """Name of the SRTP profile that was agreed on."""
        return self._profile().openssl_profile.decode().removeprefix("SRTP_")

    def sealer(self, ssrc: int) -> Sealer:
        """Seals our RTP: GCM by our own loop, anything else by libsrtp."""
        profile = self._profile()
        if "GCM" not in self.cipher:
            return LibsrtpSealer(self._transport._tx_srtp, ssrc, _CM_TAG, _REACH)
        length = 2 * (profile.key_length + profile.salt_length)
        material = self._connection().export_keying_material(_EXPORTER, length)
        ours = profile.get_key_and_salt(material, 1)  # the server's half
        return GcmSealer(ours[: profile.key_length], ours[profile.key_length :], ssrc)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP of a compound packet."""
        return bytes(self._transport._tx_srtp.protect_rtcp(packet))

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """The compound packet within SRTCP. Raises Malformed, also for a wrong tag or a replay."""
        try:
            return bytes(self._transport._rx_srtp.unprotect_rtcp(packet))
        except (pylibsrtp.Error, ValueError) as error:  # ValueError: longer than pylibsrtp takes
            raise Malformed("not authentic") from error

    def close(self) -> None:
        """Tell the viewer that it is over (close_notify). Does nothing before the handshake has begun."""
        connection = self._transport._ssl
        if connection is None:
            return
        try:
            connection.shutdown()
            self._wire.deliver(connection.bio_read(1500))
        except SSL.Error:
            return  # in the middle of a handshake there is nobody to tell

    def _empty(self) -> None:
        """aiortc takes one record of a datagram, and OpenSSL would keep all others. Raises ZeroReturnError."""
        connection = self._connection()
        try:
            while connection.recv(_LARGEST_RECORD):
                self.thrown_away += 1
        except SSL.ZeroReturnError:
            raise
        except SSL.Error:  # mostly WantReadError: nothing is left
            return

    def _connection(self) -> SSL.Connection:
        connection = self._transport._ssl
        if connection is None:
            raise RuntimeError("there are no keys before the handshake")
        return connection

    def _profile(self) -> SRTPProtectionProfile:
        chosen = self._connection().get_selected_srtp_profile()
        return next(profile for profile in SRTP_PROFILES if profile.openssl_profile == chosen)
