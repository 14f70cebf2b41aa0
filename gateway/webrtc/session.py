"""One WHEP session, from its offer to closed(reason): who the viewer is on the wire, and what goes to them."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, Role, StreamName
from gateway.relay.stream import PacketGroup
from gateway.webrtc import rtcp
from gateway.webrtc.dtls import DtlsTransport, Identity
from gateway.webrtc.ice import Credentials, answer_check
from gateway.webrtc.port import Address, MediaPort
from gateway.webrtc.sdp import Offer
from gateway.webrtc.sender import RtpSender, Runs
from gateway.webrtc.states import SILENCE, Event, State, advance
from gateway.webrtc.stun import BindingRequest

KNOWN_ADDRESSES = 8
KNOWN_CHECKS = 256
REPORT_INTERVAL = 1.0
REFRESH_INTERVAL = 1.0
_CLOCK_RATE = 90_000


@dataclass(frozen=True, slots=True)
class SessionView:
    """What others may know of a session; no address, no secret."""

    id: str
    camera_id: CameraId
    stream: StreamName
    role: Role
    state: State
    ends_at: float
    packets: int
    bytes: int
    loss: float
    bitrate_estimate: int | None


class Session:
    """One viewer of one stream. Times are gateway time. Only MediaPlane makes and closes it."""

    def __init__(
        self,
        camera_id: CameraId,
        stream: StreamName,
        role: Role,
        offer: Offer,
        payload_type: int,
        identity: Identity,
        port: MediaPort,
        metrics: Metrics,
        now: float,
        ends_at: float,
        on_first_packet: Callable[["Session"], None],
        on_picture_lost: Callable[["Session"], None],
    ) -> None:
        self.id = secrets.token_hex(8)
        self.camera_id = camera_id
        self.stream = stream
        self.role = role
        self.opened_at = now
        self.ends_at = ends_at
        self.credentials = Credentials.fresh()
        self.cname = secrets.token_hex(8)
        self.ssrc = 1 + secrets.randbelow(0xFFFF_FFFE)
        self.state = State.NEW
        self.reason: CloseReason | None = None
        self.loss = 0.0
        self.bitrate_estimate: int | None = None
        self.dtls = DtlsTransport(identity, offer.fingerprints, self._deliver_dtls)
        self.sender: RtpSender | None = None
        self.addresses: list[Address] = []
        self.cipher = ""
        self.started = False
        self._on_first_packet = on_first_packet
        self._on_picture_lost = on_picture_lost
        self._their_ufrag = offer.ufrag
        self._payload_type = payload_type
        self._port = port
        self._metrics = metrics
        self._remote: Address | None = None
        self._checks: dict[bytes, Address] = {}
        self._heard_at = now
        self._reported_at = now
        self._refreshed_at = now

    @property
    def packets(self) -> int:
        """Media packets sent, repeats not counted."""
        return self.sender.packets if self.sender else 0

    @property
    def sent_bytes(self) -> int:
        """Bytes of SRTP sent, repeats not counted."""
        return self.sender.sent_bytes if self.sender else 0

    def view(self) -> SessionView:
        """A snapshot."""
        return SessionView(
            self.id,
            self.camera_id,
            self.stream,
            self.role,
            self.state,
            self.ends_at,
            self.packets,
            self.sent_bytes,
            self.loss,
            self.bitrate_estimate,
        )

    def check(self, request: BindingRequest, host: str, address: Address, now: float) -> bool:
        """Answer a connectivity check. Whether it was authentic: then its address is this viewer's.

        STUN knows no replay: whoever overheard a check could send it on from elsewhere, and the picture would follow.
        So one that is known counts only from where it came first.
        """
        answer = answer_check(request, self.credentials, self._their_ufrag, host, address[1])
        if answer is None or self._came_first_from(request.transaction, address) != address:
            return False
        self._port.send(answer.reply, address)
        if not answer.accepted:
            return False
        self._move(Event.CHECKED)
        self._heard_at = now
        if answer.nominated or self._remote is None:
            self._remote = address
        return True

    def hear_dtls(self, datagram: bytes) -> None:
        """Hand a DTLS datagram to the handshake."""
        self._move(Event.HELLO)
        if not self.dtls.feed(datagram):
            self._metrics.dropped.labels(where="dtls_inbox").inc()

    def hear_rtcp(self, datagram: bytes, now: float) -> bool:
        """Act on feedback; raises MalformedRtcp. Whether the viewer says goodbye."""
        if self.sender is None:
            return False
        goodbye = False
        for feedback in rtcp.parse(self.dtls.unprotect_rtcp(datagram)):
            match feedback:
                case rtcp.ReceptionReport(ssrc=self.ssrc, fraction_lost=loss):
                    self.loss = loss
                case rtcp.Nack(ssrc=self.ssrc, sequences=sequences):
                    missed = len(sequences) - self.sender.resend(sequences)
                    if missed:
                        self._metrics.dropped.labels(where="resend").inc(missed)
                case rtcp.PictureLoss(ssrc=self.ssrc):
                    self._want_refresh(now)
                case rtcp.BitrateEstimate(bps=bps):
                    self.bitrate_estimate = bps
                case rtcp.Goodbye():
                    goodbye = True
        return goodbye

    def keyed(self, first_index: int) -> None:
        """The handshake is done: media may go out."""
        self._move(Event.KEYED)
        self.cipher = self.dtls.cipher
        sealer = self.dtls.sealer(self.ssrc, self._payload_type)
        self.sender = RtpSender(sealer, self._transmit, first_index)

    def deliver(self, group: PacketGroup, runs: Runs) -> None:
        """Pass a live group on. A group that finds no room is given up and counted."""
        sender = self.sender
        if sender is None:
            return
        if not sender.deliver(group, runs):
            self._count_drops(sender)
        elif not self.started:
            self._start()

    def pump(self) -> bool:
        """Send the next chunk of a burst. Whether anything is left."""
        if self.sender is None:
            return False
        more = self.sender.pump()
        self._count_drops(self.sender)
        if not self.started and self.packets:
            self._start()
        return more

    def report(self, now: float, wall: float) -> None:
        """Send a sender report if one is due, and allow resends anew."""
        sender = self.sender
        if sender is None or sender.last is None or now < self._reported_at + REPORT_INTERVAL:
            return
        self._reported_at = now
        sender.second_passed()
        timestamp = (sender.last.rtp + round((now - sender.last.arrival) * _CLOCK_RATE)) & 0xFFFFFFFF
        self._send_rtcp(rtcp.sender_report(self.ssrc, self.cname, wall, timestamp, sender.packets, sender.octets))

    def overdue(self, now: float, connect_timeout: float, consent_timeout: float) -> CloseReason | None:
        """Why the session has to end now, if it has to: its time is up, or the viewer is silent (RFC 7675)."""
        if now >= self.ends_at:
            return CloseReason.TOKEN_EXPIRED
        silent_after = (
            self._heard_at + consent_timeout if self.state is State.PLAYING else self.opened_at + connect_timeout
        )
        return SILENCE[self.state] if now >= silent_after else None

    def close(self, reason: CloseReason) -> None:
        """End it: a goodbye and close_notify to the viewer, and nothing after them."""
        self._move(Event.ENDED)
        self.reason = reason
        if self.sender is not None:
            self._send_rtcp(rtcp.goodbye(self.ssrc, self.cname))
        self.dtls.close()
        self._remote = None

    def remember_address(self, address: Address) -> Address | None:
        """Note where the viewer was heard; gives the oldest address when there are too many to keep."""
        if address in self.addresses:  # heard again, since another session's viewer was heard there meanwhile
            self.addresses.remove(address)
        self.addresses.append(address)
        return self.addresses.pop(0) if len(self.addresses) > KNOWN_ADDRESSES else None

    def _came_first_from(self, transaction: bytes, address: Address) -> Address:
        first = self._checks.setdefault(transaction, address)
        if len(self._checks) > KNOWN_CHECKS:
            del self._checks[next(iter(self._checks))]
        return first

    def _start(self) -> None:
        self.started = True
        self._on_first_packet(self)

    def _move(self, event: Event) -> None:
        self.state = advance(self.state, event)

    def _want_refresh(self, now: float) -> None:
        if now >= self._refreshed_at + REFRESH_INTERVAL:
            self._refreshed_at = now
            self._on_picture_lost(self)

    def _transmit(self, buffers: Sequence[bytes], stride: int, size: int) -> bool:
        return self._remote is not None and self._port.send_run(buffers, stride, size, self._remote)

    def _deliver_dtls(self, datagram: bytes) -> None:
        if self._remote is not None:
            self._port.send(datagram, self._remote)

    def _send_rtcp(self, packet: bytes) -> None:
        if self._remote is not None:
            self._port.send(self.dtls.protect_rtcp(packet), self._remote)

    def _count_drops(self, sender: RtpSender) -> None:
        if sender.dropped_groups:
            self._metrics.dropped.labels(where="viewer_groups").inc(sender.dropped_groups)
            sender.dropped_groups = 0
