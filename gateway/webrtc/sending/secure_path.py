"""Sends to one viewer over its route, under the keys of its session."""

from gateway.webrtc.transport.dtls import DtlsTransport
from gateway.webrtc.transport.ice_transport import IceTransport


class SecurePath:
    """Sends for a session whose keys are agreed. ``cname`` names its sender in RTCP."""

    def __init__(self, dtls: DtlsTransport, path: IceTransport, cname: str) -> None:
        self.cipher = dtls.cipher
        self.cname = cname
        self.sealer = dtls.sealer
        self.send_run = path.send_run
        self.ask = path.ask
        self._protect_rtcp = dtls.protect_rtcp
        self._send = path.send

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt an RTCP packet and send it."""
        self._send(self._protect_rtcp(packet))
