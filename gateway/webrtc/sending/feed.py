"""Sends one viewer the pictures of one stream at a time, as the table in ``phases`` says."""

from collections.abc import Iterable, Mapping

from gateway.codecs.names import H264
from gateway.metrics import Metrics
from gateway.models import StreamName
from gateway.relay.packet_group import PacketGroup
from gateway.relay.stream import RelayStream
from gateway.webrtc.congestion.link import Link
from gateway.webrtc.congestion.pacer import AT_ONCE, Pacer
from gateway.webrtc.congestion.probe import TRAIN
from gateway.webrtc.interface import ViewerProfile
from gateway.webrtc.sending.hooks import FeedHooks
from gateway.webrtc.sending.outlet import Outlet
from gateway.webrtc.sending.phases import WAITING, Command, Event, Phase, Waiting, advance, burst, picture, plea
from gateway.webrtc.sending.repeats import REPEATS_PER_PACKET, REPEATS_PER_PACKET_IN_TROUBLE
from gateway.webrtc.sending.rtcp import Rtcp, Sequences
from gateway.webrtc.sending.secure_path import SecurePath
from gateway.webrtc.sending.sender import Numbering, RtpSender
from gateway.webrtc.signalling.formats import Codec

LOOK_INTERVAL = 0.25
STALLED = 1.0
"""If no look has happened for this many seconds, our own process must have stood still."""
_FLOWING = Phase.FLOWING  # looked up once, and not for every picture and viewer


class Feed:
    """Sends one viewer's media once the keys are agreed. ``codecs`` maps RTP encoding names to the negotiated payload
    types.

    A viewer never silently gets a torn stream. If a picture is not sent whole, nothing follows until the next keyframe,
    and ``waiting`` says so.
    """

    def __init__(
        self,
        path: SecurePath,
        numbering: Numbering,
        codecs: Mapping[str, Codec],
        stream: RelayStream,
        viewer: ViewerProfile,
        hooks: FeedHooks,
        metrics: Metrics,
        now: float,
    ) -> None:
        self.cipher = path.cipher
        self.stream = stream
        self.phase = Phase.AWAITING_KEYFRAME
        self.pacer = Pacer()
        self.link = Link(viewer.unknown_link, viewer.patience, now)
        self._codecs = codecs
        sealers = path.sealer(numbering.ssrc), path.sealer(numbering.rtx_ssrc)
        self.sender = RtpSender(*sealers, path.send_run, self._outlet(0), numbering.first, numbering.first_repeat)
        self.rtcp = Rtcp(path, numbering.ssrc, self.sender, self.link, self._resend, self._asked, metrics, now)
        self._send_check = path.ask
        self._hooks = hooks
        self._metrics = metrics
        self._told: tuple[StreamName, Waiting, int] = (stream.stream, "", 0)
        self._small = self.link.at_once(now)  # largest picture in bytes that goes out at once
        self._looked_at = now

    @property
    def waiting(self) -> Waiting:
        """Return why the viewer is sent nothing new: "keyframe" if it is waiting for one, "link" if its link is too
        slow, or ""."""
        return WAITING[self.phase]

    @property
    def shift(self) -> int:
        """Return how far the viewer's RTP timestamps are ahead of those of the stream, mod 2^32."""
        return self.sender.outlet.shift

    def begin(self, groups: Iterable[PacketGroup], now: float) -> None:
        """Queue a GOP from its keyframe on, at the start or when the viewer has lost the picture.

        A GOP that the link cannot carry in time is not begun, since its pictures would arrive too old.
        """
        gop = tuple(groups)
        self.rtcp.begun(now)
        in_time = self.link.affords(sum(group.size for group in gop), now)
        self._happened(burst(kept=bool(gop), in_time=in_time), now, gop)

    def switch(self, stream: RelayStream, first: PacketGroup, *, kept: bool = False) -> None:
        """Send another stream, beginning with its group ``first``. That is a keyframe that is about to be delivered, or
        one that is ``kept`` and that ``begin`` sends next.

        Sequence numbers continue, and RTP time keeps its relation to capture time.
        """
        sender = self.sender
        # Browsers drop pictures of another codec that are older than the last picture shown.
        back = kept and sender.outlet.kind == self._codecs[stream.codec or H264].payload_type
        shift = sender.shift_to(stream.timeline(), first, self.stream.timeline(), back=back)
        if self.link.estimate.troubled(first.arrival):
            sender.forget()
        self._happened(Event.SWITCHED, first.arrival)
        self.link.estimate.forget_losses()
        self.rtcp.losses.joined(first.arrival)
        self.stream = stream
        sender.switch(self._outlet(shift))

    def deliver(self, group: PacketGroup, now: float) -> bool:
        """Send a live group, at once if possible. Return True if packets are waiting to be sent."""
        if self.phase is _FLOWING and group.size <= self._small:  # nearly always, see the table
            if not self.sender.send(group):
                self._refused(now)
            return False
        pacer, keyframe = self.pacer, group.keyframe
        at_once = not pacer and group.size <= self._small
        in_time = at_once or pacer.takes(group, self.link.pace(now), self.link.patience)
        self._happened(picture(keyframe=keyframe, at_once=at_once, in_time=in_time), now, (group,))
        return bool(pacer)

    def pump(self, now: float) -> bool:
        """Send waiting packets that may go out now. Return True if any are left."""
        probe, pacer, sender = self.link.probe, self.pacer, self.sender
        if self.link.holds(self._send_check, now):
            return bool(pacer)
        self._learn(probe.lapsed(now), now)
        if probe.fresh and pacer:
            self.link.ask(self._send_check, now)
            pacer.allow_more()
        train = probe.fresh and bool(pacer)
        waited, before, packets = bool(pacer), sender.octets, sender.packets
        for part in pacer.take(now, TRAIN / AT_ONCE * 8 if train else self.link.pace(now)):
            if not sender.send_part(*part):
                self._refused(now)
                break
        else:
            if waited and not pacer:
                self._happened(Event.EMPTIED, now)
        if train:
            probe.sent(sender.octets - before, now)
            self.link.ask(self._send_check, now)
        self._settle()
        if not packets and sender.packets:
            self._hooks.first_packet()
        return bool(pacer)

    def report(self, now: float, wall: float) -> bool:
        """Send a sender report if one is due, and allow more repeats. Return True if it is time to look at the link."""
        if now < self._looked_at + LOOK_INTERVAL:
            return False
        if now >= self._looked_at + STALLED:
            self.link.estimate.resumed(now)
        self._looked_at = now
        self.rtcp.account(now)
        self._small = self.link.at_once(now)
        self._drain(now)
        troubled = self.link.estimate.troubled(now)
        self.sender.earn_resends(REPEATS_PER_PACKET_IN_TROUBLE if troubled else REPEATS_PER_PACKET)
        self.rtcp.report(now, wall, sooner=troubled or self.link.estimate.uneasy)
        return True

    def moved(self, now: float, *, elsewhere: bool) -> None:
        """Note that the viewer is reached by another route, perhaps at another host."""
        self.link.moved(now, elsewhere=elsewhere)
        if elsewhere:
            self._small = self.link.at_once(now)

    def answered(self, transaction: bytes, now: float) -> None:
        """Note an answer to one of our checks. Once the link's capacity is known, the rest of the burst goes out at
        that rate, or is dropped if it would arrive too old."""
        self._learn(self.link.probe.answered(transaction, now), now)

    def _happened(self, event: Event, now: float, groups: tuple[PacketGroup, ...] = ()) -> None:
        """Move to the next phase and carry out the table's commands. ``groups`` are the pictures that have arrived."""
        self.phase, commands = advance(self.phase, event)
        for command in commands:
            match command:
                case Command.SEND:
                    self._send(groups[0], now)
                case Command.LINE_UP:
                    for group in groups:
                        self.pacer.put(group)
                case Command.KEEP_BEGUN:
                    self._count(self.pacer.keep_begun())
                case Command.CLEAR:
                    self._count(self.pacer.clear())
                case Command.COUNT:
                    self._count(1)
                case Command.FORGET:
                    self.sender.forget()
                case Command.TELL:
                    self._tell()
                case Command.REFRESH:
                    self._hooks.picture_lost()

    def _send(self, group: PacketGroup, now: float) -> None:
        first = not self.sender.packets
        if not self.sender.send(group):
            self._refused(now)
        elif first:
            self._hooks.first_packet()

    def _asked(self, lost: bool, now: float) -> None:
        """Handle a viewer's request for a new picture."""
        newest, last = self.stream.history.newest(), self.sender.last
        newer = newest is not None and (last is None or newest.arrival > last.arrival)
        self._happened(plea(lost=lost, newer=newer), now)

    def _refused(self, now: float) -> None:
        self.link.estimate.refused(now)
        self._happened(Event.REFUSED, now)

    def _tell(self) -> None:
        """Tell the viewer what it gets, if that has changed."""
        now = self.stream.stream, self.waiting, self.shift
        if now != self._told:
            self._told = now
            self._hooks.changed()

    def _drain(self, now: float) -> None:
        """Stop sending while packets on their way are arriving too late, and begin again once they have arrived."""
        queued, draining = self.link.estimate.queued(now), self.phase is Phase.DRAINING
        if not draining and queued > self.link.patience:
            self._happened(Event.QUEUED, now)
        elif draining and not queued:
            self._happened(Event.THROUGH, now)

    def _learn(self, bps: float | None, now: float) -> None:
        if bps is None:
            return
        self.link.learn(bps, self.stream.history.bps(), now)
        if not self.link.affords(self.pacer.bytes, now):
            self._happened(Event.TOO_SLOW, now)
        self._settle()

    def _settle(self) -> None:
        """Forget the probe's result once its burst is over. If the link was too slow for that burst, keep it for the
        next one."""
        if self.phase in (Phase.FLOWING, Phase.AWAITING_KEYFRAME):
            self.link.forget_probed()

    def _count(self, groups: int) -> None:
        if groups:
            self._metrics.dropped.labels(where="viewer_groups").inc(groups)

    def _resend(self, sequences: Sequences) -> int:
        return 0 if self.waiting == "link" else self.sender.resend(sequences)

    def _outlet(self, shift: int) -> Outlet:
        codec = self._codecs[self.stream.codec or H264]
        return Outlet(self.stream.history, shift, codec.payload_type, codec.rtx)
