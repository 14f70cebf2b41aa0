"""What one viewer is sent, and what they answer: media, sender reports, feedback."""

from collections.abc import Callable

from gateway.metrics import Metrics
from gateway.relay.stream import PacketGroup
from gateway.webrtc import rtcp
from gateway.webrtc.dtls import DtlsTransport
from gateway.webrtc.path import Path
from gateway.webrtc.sender import RtpSender, Runs

REPORT_INTERVAL = 1.0
REFRESH_INTERVAL = 1.0
_CLOCK_RATE = 90_000


class Feed:
    """One viewer's media, once there are keys. ``on_first_packet`` and ``on_picture_lost`` are called from within."""

    def __init__(
        self,
        dtls: DtlsTransport,
        path: Path,
        ssrc: int,
        cname: str,
        payload_type: int,
        first_index: int,
        metrics: Metrics,
        now: float,
        on_first_packet: Callable[[], None],
        on_picture_lost: Callable[[], None],
    ) -> None:
        self.ssrc = ssrc
        self.cipher = dtls.cipher
        self.loss = 0.0
        self.bitrate_estimate: int | None = None
        self.sender = RtpSender(dtls.sealer(ssrc, payload_type), path.send_run, first_index)
        self._dtls = dtls
        self._path = path
        self._cname = cname
        self._metrics = metrics
        self._on_first_packet = on_first_packet
        self._on_picture_lost = on_picture_lost
        self._started = False
        self._reported_at = now
        self._refreshed_at = now

    def hear(self, datagram: bytes, now: float) -> bool:
        """Act on SRTCP feedback; raises MalformedRtcp. Whether the viewer says goodbye."""
        goodbye = False
        for feedback in rtcp.parse(self._dtls.unprotect_rtcp(datagram)):
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

    def deliver(self, group: PacketGroup, runs: Runs) -> None:
        """Pass a live group on. A group that finds no room is given up and counted."""
        if not self.sender.deliver(group, runs):
            self._count_drops()
        elif not self._started:
            self._start()

    def pump(self) -> bool:
        """Send the next chunk of a burst. Whether anything is left."""
        more = self.sender.pump()
        self._count_drops()
        if not self._started and self.sender.packets:
            self._start()
        return more

    def report(self, now: float, wall: float) -> None:
        """Send a sender report if one is due, and allow resends anew."""
        sender = self.sender
        if sender.last is None or now < self._reported_at + REPORT_INTERVAL:
            return
        self._reported_at = now
        sender.second_passed()
        timestamp = (sender.last.rtp + round((now - sender.last.arrival) * _CLOCK_RATE)) & 0xFFFFFFFF
        self._send(rtcp.sender_report(self.ssrc, self._cname, wall, timestamp, sender.packets, sender.octets))

    def goodbye(self) -> None:
        """Tell the viewer that the stream is over."""
        self._send(rtcp.goodbye(self.ssrc, self._cname))

    def _start(self) -> None:
        self._started = True
        self._on_first_packet()

    def _want_refresh(self, now: float) -> None:
        if now >= self._refreshed_at + REFRESH_INTERVAL:
            self._refreshed_at = now
            self._on_picture_lost()

    def _send(self, packet: bytes) -> None:
        self._path.send(self._dtls.protect_rtcp(packet))

    def _count_drops(self) -> None:
        if self.sender.dropped_groups:
            self._metrics.dropped.labels(where="viewer_groups").inc(self.sender.dropped_groups)
            self.sender.dropped_groups = 0
