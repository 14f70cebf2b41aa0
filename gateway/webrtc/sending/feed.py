"""What one viewer is sent, and what they answer: media of one stream at a time, sender reports, feedback."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from gateway.metrics import Metrics
from gateway.models import StreamName
from gateway.relay.history import PacketGroup
from gateway.relay.stream import RelayStream
from gateway.rtp import feedback
from gateway.rtp.time import VIDEO_CLOCK_RATE, WRAP, ticks_between
from gateway.webrtc.congestion.bandwidth import Estimate
from gateway.webrtc.congestion.pacer import AT_ONCE, Backlog
from gateway.webrtc.congestion.probe import TRAIN, Probe
from gateway.webrtc.interface import ViewerProfile
from gateway.webrtc.sending.sender import Outlet, RtpSender
from gateway.webrtc.sending.splice import shift_between
from gateway.webrtc.signalling.formats import H264, Codec
from gateway.webrtc.transport.dtls import DtlsTransport
from gateway.webrtc.transport.ice_transport import Path

REPORT_INTERVAL = 1.0
SOONER = 0.25
"""The same, of a link of which the round trip has to be known soon."""
REPEATS = 1.0
REPEATS_IN_TROUBLE = 0.5
"""Repeats for each packet sent."""
SETTLES = 1.0
REFRESH_INTERVAL = 1.0
LOOK_INTERVAL = 0.25
LARGE = 0.02  # seconds of sending from which on a picture is paced
HEADROOM = 1.2  # by which bursts are sent faster than the link is known to carry: it may carry more

Waiting = Literal["", "keyframe", "link"]


class Feed:
    """One viewer's media, once there are keys. ``on_first_packet``, ``on_picture_lost`` and ``on_change`` (another
    stream, or ``waiting`` has changed) are called from within.

    What does not go out whole is given up, and so is everything until the next keyframe: a viewer never gets a torn
    stream silently. ``waiting`` says so: for a "keyframe", or since the "link" is too slow for what there was to send.
    Where what is sent comes late because so much is on its way already, nothing more follows until that has come
    through: it would be old, and keep what comes after it old.
    """

    def __init__(
        self,
        dtls: DtlsTransport,
        path: Path,
        ssrcs: tuple[int, int],
        cname: str,
        codecs: Mapping[str, Codec],
        stream: RelayStream,
        first_indexes: tuple[int, int],
        metrics: Metrics,
        now: float,
        viewer: ViewerProfile,
        on_first_packet: Callable[[], None],
        on_picture_lost: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        self.ssrc = ssrcs[0]
        self.cipher = dtls.cipher
        self.stream = stream
        self.waiting: Waiting = "keyframe"
        self.bitrate_estimate: int | None = None
        self.estimate = Estimate(now)
        self._settled_at = now
        self._codecs = codecs
        sealer, repeater = (dtls.sealer(ssrc) for ssrc in ssrcs)
        self.sender = RtpSender(sealer, repeater, path.send_run, self._outlet(0), *first_indexes)
        self.backlog = Backlog()
        self._probe = Probe()
        self._link = math.inf  # bits a second, as probed, while the first burst goes out
        self._dtls = dtls
        self._path = path
        self._cname = cname
        self._metrics = metrics
        self._viewer = viewer
        self._on_first_packet = on_first_packet
        self._on_picture_lost = on_picture_lost
        self._on_change = on_change
        self._told: tuple[StreamName, Waiting, int] = (stream.stream, "", 0)
        self._small = self._at_once(now)  # bytes of a picture that goes out at once
        self._started = False
        self._draining = False
        self._reported_at = self._looked_at = now
        self._refreshed_at = now
        self._dated: tuple[float, int] | None = None
        self._lagged = 0.0

    @property
    def shift(self) -> int:
        """What the viewer's RTP timestamps have more than the stream's own, mod 2^32."""
        return self.sender.outlet.shift

    def pace(self, now: float) -> float:
        """Bits a second at which bursts go out."""
        ceiling = self.estimate.ceiling(now)
        return min(HEADROOM * (self._link if ceiling is None else ceiling), self._viewer.unknown_link)

    def affords(self, size: int, now: float) -> bool:
        """Whether so many bytes would be sent before they are old."""
        return 8 * size / self.pace(now) <= self._viewer.patience

    # What is sent

    def begin(self, groups: Iterable[PacketGroup], now: float) -> None:
        """Line up a GOP, from its keyframe on, to be pumped: at the start, or when the viewer has lost the picture.

        One that the link does not carry in time is not begun: its pictures would be old.
        """
        self._give_up("keyframe")
        self.sender.forget()
        gop = () if self._draining else tuple(groups)
        if gop and self.affords(sum(group.size for group in gop), now):
            self.waiting = ""
            for group in gop:
                self.backlog.put(group)
        elif gop:
            self.waiting = "link"
        self._tell()

    def switch(self, stream: RelayStream, first: PacketGroup, *, kept: bool = False) -> None:
        """Send another stream from its group ``first`` on, a keyframe that is delivered next, or is ``kept`` and begun
        with next. Sequence numbers go on, and so does the relation of RTP time to capture time."""
        sender = self.sender
        shift = (
            0
            if sender.last is None
            else shift_between(
                self.stream.timeline(),
                stream.timeline(),
                self.shift,
                (sender.last.arrival, sender.last_timestamp),
                (first.arrival, first.rtp),
                # Of another codec browsers throw away what is older than what they have had.
                back=kept and sender.outlet.kind == self._codecs[stream.codec or H264].payload_type,
            )
        )
        if self.waiting or self.estimate.troubled(first.arrival):
            sender.forget()
        self._give_up("keyframe")
        self.estimate.forget_losses()
        self.stream = stream
        sender.switch(self._outlet(shift))

    def deliver(self, group: PacketGroup, now: float) -> bool:
        """Pass a live group on, at once where that is possible. Whether something waits to be pumped."""
        if not self.waiting and group.size <= self._small and not self.backlog.bytes:  # nearly always
            if not self.sender.send(group):
                self._refused(now)
            return False
        if self._draining:
            pass
        elif self.backlog or (group.size > self._small and (group.keyframe or not self.waiting)):
            self._line_up(group, now)
        elif group.keyframe:
            self.waiting = ""
            if not self.sender.send(group):
                self._refused(now)
            elif not self._started:
                self._start()
        if self.waiting != self._told[1] or self.stream.stream is not self._told[0]:
            self._tell()
        return bool(self.backlog)

    def pump(self, now: float) -> bool:
        """Send what may go out now of what waits. Whether anything is left."""
        probe = self._probe
        if probe.waits(now):
            if probe.asks_again(now):
                self._ask(now)
            return bool(self.backlog)
        self._learn(probe.lapsed(now), now)
        if probe.fresh and self.backlog:
            self._ask(now)
            self.backlog.allow_anew()
        train = probe.fresh and bool(self.backlog)
        before = self.sender.octets
        for part in self.backlog.take(now, TRAIN / AT_ONCE * 8 if train else self.pace(now)):
            if not self.sender.send_part(*part):
                self._refused(now)
                break
        if train:
            probe.sent(self.sender.octets - before, now)
            self._ask(now)
        self._settle()
        if not self._started and self.sender.packets:
            self._start()
        return bool(self.backlog)

    def stop(self) -> None:
        """Give up what waits: the link does not carry this stream."""
        self._give_up("link")
        self._tell()

    def report(self, now: float, wall: float) -> bool:
        """Send a sender report if one is due, and allow resends anew. Whether it is time to look at the estimate."""
        sender = self.sender
        if now < self._looked_at + LOOK_INTERVAL:
            return False
        self._looked_at = now
        self.estimate.sent(sender.packets, sender.octets, sender.repeated_octets, self._lag(), now)
        self._small = self._at_once(now)
        self._drain(now)
        troubled = self.estimate.troubled(now)
        sender.earn_resends(REPEATS_IN_TROUBLE if troubled else REPEATS)
        interval = SOONER if troubled or self.estimate.uneasy else REPORT_INTERVAL
        if sender.last is not None and now >= self._reported_at + interval:
            self._reported_at = now
            timestamp = (sender.last_timestamp + round((now - sender.last.arrival) * VIDEO_CLOCK_RATE)) % WRAP
            self._send(feedback.sender_report(self.ssrc, self._cname, wall, timestamp, sender.packets, sender.octets))
        return True

    def goodbye(self) -> None:
        """Tell the viewer that the stream is over."""
        self._send(feedback.goodbye(self.ssrc, self._cname))

    # What is heard

    def moved(self, now: float, *, elsewhere: bool) -> None:
        """The viewer is reached by another way, of which nothing is known where its host is another, too. What was lost
        on the former, and is reported within ``SETTLES`` seconds, is no word on it."""
        if elsewhere:
            self.estimate, self._probe, self._link = Estimate(now), Probe(), math.inf
            self._small = self._at_once(now)
        else:
            self.estimate.forget_losses()
        self._settled_at = now + SETTLES

    def answered(self, transaction: bytes, now: float) -> None:
        """A check of ours was answered. Once it is known what the link carries, the rest of the burst goes out as fast,
        or is given up where it would be old by then."""
        self._learn(self._probe.answered(transaction, now), now)

    def hear(self, datagram: bytes, now: float, wall: float) -> bool:
        """Act on SRTCP feedback; raises Malformed. Whether the viewer says goodbye."""
        goodbye = False
        for told in feedback.parse(self._dtls.unprotect_rtcp(datagram)):
            match told:
                case feedback.ReceptionReport(ssrc=self.ssrc, highest_sequence=highest, packets_lost=lost):
                    if now >= self._settled_at:
                        self.estimate.heard_report(highest, lost, feedback.round_trip(told, wall), now)
                case feedback.Nack(ssrc=self.ssrc, sequences=sequences):
                    missed = len(sequences) - (0 if self.waiting == "link" else self.sender.resend(sequences))
                    if missed:
                        self._metrics.dropped.labels(where="resend").inc(missed)
                case feedback.PictureLoss(ssrc=self.ssrc):
                    self._want_refresh(now)
                case feedback.BitrateEstimate(bps=bps):
                    self.bitrate_estimate = bps
                    if now >= self._settled_at:
                        self.estimate.heard_remb(bps, now)
                case feedback.Goodbye():
                    goodbye = True
        return goodbye

    # Inside

    def _ask(self, now: float) -> None:
        transaction = self._path.ask()
        if transaction is None:
            self._probe.give_up()
        else:
            self._probe.asked(transaction, now)

    def _learn(self, bps: float | None, now: float) -> None:
        if bps is None:
            return
        self._link = bps
        if bps < self.stream.history.bps():
            self.estimate.found(bps, now)
        if not self.affords(self.backlog.bytes, now):
            self.stop()
        self._settle()

    def _settle(self) -> None:
        """What was learnt of the link holds for the burst that it was learnt of, or for the one that has to be waited
        for in its place."""
        if not self.backlog and self.waiting != "link":
            self._link = math.inf

    def _at_once(self, now: float) -> float:
        most = LARGE * self.pace(now) / 8
        return min(TRAIN, most) if self._probe.fresh else most

    def _outlet(self, shift: int) -> Outlet:
        codec = self._codecs[self.stream.codec or H264]
        return Outlet(self.stream.history, shift, codec.payload_type, codec.rtx)

    def _lag(self) -> float:
        """By how many seconds the last group came later than its RTP timestamp says, from where the first did."""
        last = self.sender.last
        if last is not None:
            at, timestamp = self._dated or (last.arrival, self.sender.last_timestamp)
            elapsed = ticks_between(self.sender.last_timestamp, timestamp)
            self._lagged += last.arrival - at - elapsed / VIDEO_CLOCK_RATE
            self._dated = last.arrival, self.sender.last_timestamp
        return self._lagged

    def _line_up(self, group: PacketGroup, now: float) -> None:
        """Have a group wait its turn. A fresh keyframe is worth more than all that is not begun before it; where a
        group would be old before it is sent, it and all until the next keyframe is given up."""
        backlog = self.backlog
        if group.keyframe:
            self._count(backlog.keep_begun())
        elif self.waiting:
            return
        if backlog and not backlog.takes(group, self.pace(now), self._viewer.patience):
            self._count(1)
            self.waiting = "link"
            return
        backlog.put(group)
        self.waiting = ""

    def _drain(self, now: float) -> None:
        """Send nothing while what is on its way comes late, and begin anew once it has come through."""
        queued = self.estimate.queued(now)
        if not self._draining and queued > self._viewer.patience:
            self._draining = True
            self.stop()
        elif self._draining and not queued:
            self._draining = False
            self._give_up("keyframe")
            self._tell()
            self._on_picture_lost()

    def _give_up(self, waiting: Waiting) -> None:
        self._count(self.backlog.clear())
        self.waiting = "link" if self._draining else waiting

    def _refused(self, now: float) -> None:
        self._count(1)
        self.estimate.refused(now)
        self._give_up("keyframe")
        self._tell()

    def _tell(self) -> None:
        """Say what the viewer gets, where that has changed."""
        now = self.stream.stream, self.waiting, self.shift
        if now != self._told:
            self._told = now
            self._on_change()

    def _start(self) -> None:
        self._started = True
        self._on_first_packet()

    def _want_refresh(self, now: float) -> None:
        if now >= self._refreshed_at + REFRESH_INTERVAL:
            self._refreshed_at = now
            self._on_picture_lost()

    def _send(self, packet: bytes) -> None:
        self._path.send(self._dtls.protect_rtcp(packet))

    def _count(self, groups: int) -> None:
        if groups:
            self._metrics.dropped.labels(where="viewer_groups").inc(groups)
