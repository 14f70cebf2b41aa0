"""Runs DTLS-SRTP with one viewer (RFC 5763, RFC 5764). aiortc does the handshake.

**Architecture invariant:** no other module touches aiortc's internals. A contract test pins the ones used here
(tests/webrtc/transport/test_dtls.py), and every upgrade of aiortc has to pass it.

As DTLS server, Chromium chooses AES_CM_SHA1_80; as client, it accepts our choice. So the gateway is the server, and GCM
is negotiated, which aiortc lists first.
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
_REACH = 1024  # in packets: the replay window that aiortc gives libsrtp
_CM_TAG = 10  # bytes of HMAC-SHA1-80


class DtlsFailed(SightlineError):
    """The handshake has failed: no common profile, a certificate that the offer did not name, or garbage."""


class Identity:
    """Holds the certificate that the gateway shows to viewers. Its fingerprint is in the answer."""

    def __init__(self) -> None:
        self.certificate = RTCCertificate.generateCertificate()
        prints = self.certificate.getFingerprints()
        self.fingerprint = next(p.value for p in prints if p.algorithm == "sha-256")


@dataclass(slots=True)
class _Wire:
    """Stands in for the ICE transport that aiortc's DTLS transport needs."""

    deliver: Callable[[bytes], None]
    role: str = "controlled"
    state: str = "completed"
    inbox: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_INBOX))
    closed: bool = False

    async def _recv(self) -> bytes:
        # aiortc waits for this with asyncio.wait_for, which before Python 3.12 loses a cancellation that happens just
        # as a datagram arrives. Without this check, a closed session would then wait for minutes, and so would a stop.
        if self.closed:
            raise ConnectionError("the association is closed")
        return await self.inbox.get()

    async def _send(self, data: bytes) -> None:
        self.deliver(data)


class DtlsTransport:
    """Runs the server's side of one DTLS association. ``deliver`` sends a datagram to the viewer."""

    def __init__(
        self, identity: Identity, fingerprints: Iterable[tuple[str, str]], deliver: Callable[[bytes], None]
    ) -> None:
        self.thrown_away = 0
        """Counts records of application data, which the gateway has no use for."""
        self._wire = _Wire(deliver)
        self._transport = RTCDtlsTransport(self._wire, [identity.certificate])  # type: ignore[arg-type]  # duck-typed
        self._transport._set_role("server")
        self._remote = RTCDtlsParameters([RTCDtlsFingerprint(*pair) for pair in fingerprints])

    def feed(self, datagram: bytes) -> bool:
        """Process a datagram that holds DTLS. Return False if it was dropped because too many are waiting."""
        try:
            self._wire.inbox.put_nowait(datagram)
        except asyncio.QueueFull:
            return False
        return True

    async def handshake(self) -> None:
        """Answer the viewer's handshake and check its certificate against the offer. Raises DtlsFailed."""
        await self._transport.start(self._remote)
        # aiortc would start its own task that keeps receiving. All our tasks have owners, so run() receives instead.
        pump, self._transport._task = self._transport._task, None
        if pump is not None:
            pump.cancel()
        if self._wire.closed or self._transport.state != "connected":
            raise DtlsFailed("handshake failed")

    async def run(self) -> None:
        """Keep answering DTLS, such as a repeated last flight, until the viewer closes the association.

        Application data is dropped: no data channel was negotiated.
        """
        try:
            while True:
                await self._transport._recv_next()
                self._empty()
        except (ConnectionError, SSL.ZeroReturnError):
            return

    @property
    def cipher(self) -> str:
        """Return the name of the negotiated SRTP profile."""
        return self._profile().openssl_profile.decode().removeprefix("SRTP_")

    def sealer(self, ssrc: int) -> Sealer:
        """Return a sealer for our RTP. GCM is sealed by our own loop, any other profile by libsrtp."""
        profile = self._profile()
        if "GCM" not in self.cipher:
            return LibsrtpSealer(self._transport._tx_srtp, ssrc, _CM_TAG, _REACH)
        length = 2 * (profile.key_length + profile.salt_length)
        material = self._connection().export_keying_material(_EXPORTER, length)
        ours = profile.get_key_and_salt(material, 1)  # the server's half
        return GcmSealer.from_master_key(ours[: profile.key_length], ours[profile.key_length :], ssrc)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Encrypt a compound packet as SRTCP."""
        return bytes(self._transport._tx_srtp.protect_rtcp(packet))

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """Decrypt a compound packet from SRTCP. Raises Malformed, also for a wrong tag or a replay."""
        try:
            return bytes(self._transport._rx_srtp.unprotect_rtcp(packet))
        # a ValueError means that the packet is longer than pylibsrtp accepts
        except (pylibsrtp.Error, ValueError) as error:
            raise Malformed("not authentic") from error

    def close(self) -> None:
        """End the association, and tell the viewer (close_notify) if the handshake has begun."""
        self._wire.closed = True
        connection = self._transport._ssl
        if connection is None:
            return
        try:
            connection.shutdown()
            self._wire.deliver(connection.bio_read(1500))
        except SSL.Error:
            return  # in the middle of a handshake there is no viewer to notify

    def _empty(self) -> None:
        """Drop the records that aiortc leaves in OpenSSL: it takes only one of each datagram. Raises
        ZeroReturnError."""
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
