"""Turns the RTP and RTCP of one connection into access units and sender reports. Pure: packets in, sink calls out."""

from collections.abc import Sequence

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.errors import CameraError, Malformed
from gateway.models import SourceReason
from gateway.rtp.packet import MAX_MISORDER, Numbering, Padding, RtpPacket, parse_rtp
from gateway.rtp.rtcp import RTCP_TYPES, Receiver, SenderInfo, parse_rtcp
from gateway.rtp.time import ticks_between
from gateway.sources.media import SenderReport, SourceSink
from gateway.sources.receiving import in_order
from gateway.sources.receiving.figures import Figures
from gateway.sources.receiving.reports import Reports
from gateway.sources.receiving.synchronization import SynchronizationSource

_SSRC = slice(8, 12)
MARKED = b"\x80"
"""The second byte of a packet with the marker is at least this."""
NEXT_NUMBERS = 16
"""The most by which sequence numbers may be ahead when a stream continues under another SSRC without notice."""
REPORT_NEAR = 10.0
"""A sender report of another SSRC belongs to the stream if its timestamp is at most this many seconds away."""
GOES_ON = (-1.0, 5.0)
"""When that happens, its timestamps may be ahead by a number of seconds in this range."""


class Reception(Figures):
    """Passes on to ``sink`` what one RTP stream delivers. ``ssrc`` is the one that the camera announced, if any.
    ``reliable`` is true if the stream is carried over TCP."""

    def __init__(
        self,
        info: StreamInfo,
        payload_type: int,
        sink: SourceSink,
        own_ssrc: int,
        ssrc: int | None = None,
        reliable: bool = False,
    ) -> None:
        super().__init__(info)
        self._payload_type = payload_type
        self._sink = sink
        self._own_ssrc = own_ssrc
        self._ssrc = ssrc
        self._source = SynchronizationSource(ssrc)
        self._heard = -1.0
        self._reliable = reliable
        self._padding = Padding()
        self._broken = False
        self._withdrawn = 0
        self._begin()

    def _begin(self) -> None:
        self._numbering = Numbering(self._reliable)
        self._reports = Reports()
        self._receiver = Receiver(self._own_ssrc)
        self._timestamp = -1

    def rtp(self, data: bytes, now: float, followed: bool = False) -> None:
        """Process one packet, which may be RTCP if that shares the channel. ``followed`` is true if the next packet has
        arrived too and has the same timestamp."""
        if data[1:2] in RTCP_TYPES and data[1] & 0x7F != self._payload_type:
            self.rtcp(data, now)
            return
        try:
            packet = parse_rtp(data, self._padding)
            if packet.payload_type != self._payload_type:
                self._foreign = True
                raise Malformed("RTP payload type that was not agreed")  # noqa: TRY301 - counted in one place
        except Malformed:
            self.malformed_rtp += 1
            return
        if packet.ssrc == self._ssrc:
            self._take(packet, now, followed)
        else:
            self._another(packet, data, now)

    def broken(self) -> None:
        """Note that the last packet was broken. It counts as lost."""
        self._broken = True

    def expects(self, data: bytes) -> bool:
        """Return True if a packet belongs to the current stream and has a plausible number."""
        if len(data) < _SSRC.stop or data[1] & 0x7F != self._payload_type:
            return False
        return self._ssrc is None or int.from_bytes(data[_SSRC]) == self._ssrc

    def _take(self, packet: RtpPacket, now: float, followed: bool) -> None:
        if self._heard < 0:
            self._began(now)
        self._heard = now
        missing = self._numbering.count(packet.sequence)
        self.packets += 1
        self.octets += len(packet.payload)
        if missing:
            if missing < 0:
                return
            self.lost += missing
        if self._broken:
            self._broken = False
            missing += 1
            self.lost += 1
        if packet.timestamp != self._timestamp:
            self._timestamp = packet.timestamp
            self._numbering.time(packet.timestamp, now, self._info.clock_rate)
        finished = self._depacketizer.push(packet, missing, now, followed)
        if finished or self._depacketizer.withdrawn > self._withdrawn:
            self._hand_on(finished)

    def _hand_on(self, finished: tuple[AccessUnit, ...]) -> None:
        if self._depacketizer.withdrawn > self._withdrawn:
            self._withdrawn = self._depacketizer.withdrawn
            self._sink.withdraw()
        for unit in finished:
            self._packets_of_last_picture = self.packets
            self._foreign = False
            self._sink.access_unit(unit)

    def rtp_in_order(self, packets: Sequence[bytes], now: float) -> None:
        """Process RTP packets in order, as ``rtp`` would. This is cheap for most of them, which only continue the NAL
        unit of the packet before.
        """
        at, end = 0, len(packets)
        while at < end:
            if not self._broken and (opening := self._depacketizer.continuation):
                at = self._carry_on(packets, at, opening, now)
                if at == end:
                    return
            packet = packets[at]
            self.rtp(packet, now, packet[1:2] >= MARKED and in_order.followed(packets, at))
            at += 1

    def _carry_on(self, packets: Sequence[bytes], at: int, opening: bytes, now: float) -> int:
        """Process packets as long as each has the expected header and a payload that begins with ``opening``. Then
        process the packet that ends the NAL unit and the picture, if it comes next. Return the index of the first
        packet that was not processed.
        """
        depacketizer, numbering = self._depacketizer, self._numbering
        before = self._payload_type, numbering.highest, self._timestamp, self._ssrc or 0
        pieces, ends = in_order.run(packets, at, before, opening, depacketizer.conclusion)
        if pieces:
            octets = sum(map(len, pieces))
            numbering.count_in_order(len(pieces))
            self._heard = now
            self.packets += len(pieces)
            self.octets += octets + len(opening) * len(pieces)
            last = at + len(pieces) - 1
            more = ends and last + 1 < len(packets) and in_order.followed(packets, last)
            finished = depacketizer.carry_on(pieces, octets, now, ends, more)
            if finished or depacketizer.withdrawn > self._withdrawn:
                self._hand_on(finished)
        return at + len(pieces)

    def rtcp(self, data: bytes, now: float) -> None:
        """Process one RTCP packet. Raises ``CameraError`` if the camera announces the end of the stream."""
        try:
            for part in parse_rtcp(data):
                if isinstance(part, SenderInfo):
                    self._sender_info(part, now)
                elif self._ssrc in part.ssrcs:
                    raise CameraError(SourceReason.CLOSED_BY_CAMERA, "The camera has ended the stream.")
        except Malformed:
            self.malformed_rtcp += 1

    def receiver_report(self, now: float) -> bytes | None:
        """Return the gateway's report for the camera, or None before its first packet."""
        if self._ssrc is None or self._heard < 0:
            return None
        return self._receiver.report(self._ssrc, self._numbering, now)

    def notes(self) -> tuple[str, ...]:
        """Return notes for district IT about this stream."""
        return self._depacketizer.notes()

    def _another(self, packet: RtpPacket, data: bytes, now: float) -> None:
        """Process a packet of another source. It may belong to the same stream, to the next one, or to neither."""
        goes_on = continues = overtaken = False
        if self._heard >= 0:
            low, high = (bound * self._info.clock_rate for bound in GOES_ON)
            continues = low <= ticks_between(packet.timestamp, self._timestamp) <= high
            ahead = packet.sequence - self._numbering.highest & 0xFFFF
            goes_on = continues and 0 < ahead <= NEXT_NUMBERS
            overtaken = ahead == 0 or ahead >= 0x10000 - MAX_MISORDER
        taken = self._source.another(packet.ssrc, data, now, self._heard, goes_on, overtaken)
        for one, arrival in taken:
            if packet.ssrc != self._ssrc:
                if not goes_on and self._heard >= 0:
                    self._begin_again(now, continues)
                self._ssrc = packet.ssrc
            self._take(parse_rtp(one, self._padding), arrival, False)

    def _begin_again(self, now: float, continues: bool) -> None:
        """Begin with another source, which has its own numbers, and its own timestamps unless they continue."""
        for unit in self._depacketizer.begin_again():
            self._sink.access_unit(unit)
        self._begin()
        if not continues:
            self._sink.connected(self._info, now)

    def _began(self, now: float) -> None:
        for report, arrival in self._reports.began(self._ssrc):
            self._report(report, arrival)

    def _sender_info(self, report: SenderInfo, now: float) -> None:
        near = self._heard >= 0 and (
            abs(ticks_between(report.rtp, self._timestamp)) <= REPORT_NEAR * self._info.clock_rate
        )
        for one, arrival in self._reports.take(report, now, self._ssrc if self._heard >= 0 else None, near):
            self._report(one, arrival)

    def _report(self, report: SenderInfo, arrival: float) -> None:
        self._receiver.heard(report, arrival)
        if report.ntp is not None:
            self._sink.sender_report(SenderReport(report.rtp, report.ntp, arrival))
