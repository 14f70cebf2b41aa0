"""Sends one viewer's RTP stream: one numbering for everything it is sent, and repeats. Sans-IO: it sends through a
function."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from gateway.models import TimelinePoint
from gateway.relay.packet_group import PacketGroup
from gateway.rtp.time import MASK
from gateway.webrtc.sending.outlet import Outlet
from gateway.webrtc.sending.repeats import Repeats
from gateway.webrtc.sending.splice import shift_between
from gateway.webrtc.transport.srtp import Sealer

Transmit = Callable[[bytes, int, int], bool]


class Numbering(NamedTuple):
    """Holds the SSRCs of a viewer's media and of its repeats, and their first sequence numbers."""

    ssrc: int
    rtx_ssrc: int
    first: int
    first_repeat: int


class RtpSender:
    """Seals and sends the packet groups of changing streams under one SSRC, with continuous sequence numbers.

    ``transmit(packets, count, packet size)`` returns True if they went out. ``first_index`` and ``first_repeat`` are
    the first sequence numbers. They are below 2^15, so that a receiver cannot mistake the roll-over counter. ``last``
    is the group sent last, and ``last_timestamp`` is its RTP timestamp for the viewer.

    **Architecture invariant:** one plaintext per nonce. An index is used up once its packet is sealed, whether or not
    it is sent. It is sealed again only for the same packet, which ``Repeats`` finds.
    """

    def __init__(
        self,
        sealer: Sealer,
        repeater: Sealer,
        transmit: Transmit,
        outlet: Outlet,
        first_index: int,
        first_repeat: int,
    ) -> None:
        if not (0 <= first_index < 1 << 15 and 0 <= first_repeat < 1 << 15):
            raise ValueError("the initial sequence number must be below 2^15")
        self._sealer = sealer
        self._repeater = repeater
        self._transmit = transmit
        self._next = first_index
        self._next_repeat = first_repeat
        self._position = -1
        self._repeats = Repeats(first_index)
        self.outlet = outlet
        self.packets = 0
        self.octets = 0
        self.repeated_octets = 0
        self.last: PacketGroup | None = None
        self.last_timestamp = 0

    @property
    def sent_bytes(self) -> int:
        """Return how many bytes of SRTP were sent, without repeats."""
        return self.octets + self.packets * self._sealer.overhead

    def shift_to(
        self, timeline: TimelinePoint | None, first: PacketGroup, former: TimelinePoint | None, *, back: bool
    ) -> int:
        """Return the shift with which another stream's group ``first`` follows what was sent last. See ``splice``."""
        if self.last is None:
            return 0
        last = self.last.arrival, self.last_timestamp
        return shift_between(former, timeline, self.outlet.shift, last, (first.arrival, first.rtp), back=back)

    def switch(self, outlet: Outlet) -> None:
        """Send another stream from now on, or the same one in another way."""
        self.outlet = outlet
        self._position = -1

    def send(self, group: PacketGroup, marked: bool = True) -> bool:
        """Send a group, with the marker on its last packet if ``marked``. Return True if all of it went out.

        Together with ``Sealer.seal``, this is the most time-critical code of the gateway.
        """
        payloads, position, runs = group.payloads, group.position, group.runs
        sealer, first, outlet = self._sealer, self._next, self.outlet
        count = len(payloads)
        if position != self._position:
            self._repeats.begin_stretch(first, position, outlet)
        self._next = first + count
        self._position = position + count
        self.last = group
        self.last_timestamp = timestamp = (group.rtp + outlet.shift) & MASK
        if len(runs) == 1:
            sealed = sealer.seal(first, outlet.kind, timestamp, payloads, marked)
            sent = self._transmit(sealed, count, runs[0][2] + sealer.overhead)
        else:
            sent = self._send_runs(group, first, timestamp, marked)
        if sent:
            self.packets += count
            self.octets += group.size
        return sent

    def send_part(self, group: PacketGroup, start: int, stop: int) -> bool:
        """Send the packets of a group from ``start`` up to ``stop``. Return True if they went out."""
        part = group.payloads[start:stop]
        position = group.position + start
        last = stop == len(group.payloads)
        return self.send(PacketGroup(part, group.rtp, group.keyframe, group.arrival, position), last)

    def owes(self, sequences: Iterable[int]) -> bool:
        """Return True if any of these packets was sent since the last ``forget``."""
        return self._repeats.owes(sequences, self._next)

    def resend(self, sequences: Iterable[int]) -> int:
        """Send again those of the packets that are still kept, as long as ``Repeats`` allows it. Return how many went
        out."""
        return sum(map(self._repeat, self._repeats.allowed(sequences, self._next)))

    def earn_resends(self, share: float) -> None:
        """Allow more repeats. See ``Repeats.earn``."""
        self._repeats.earn(share, self._next)

    def forget(self) -> None:
        """Never repeat what was sent so far. It is no longer needed."""
        self._repeats.forget(self._next)

    def _send_runs(self, group: PacketGroup, first: int, timestamp: int, marked: bool) -> bool:
        sealer, kind, payloads = self._sealer, self.outlet.kind, group.payloads
        for start, stop, size in group.runs:
            last = marked and stop == len(payloads)
            sealed = sealer.seal(first + start, kind, timestamp, payloads[start:stop], last)
            if not self._transmit(sealed, stop - start, size + sealer.overhead):
                return False
        return True

    def _repeat(self, index: int) -> bool:
        found = self._repeats.find(index)
        if found is None:
            return False
        group, place, outlet = found
        payload, timestamp = group.payloads[place], (group.rtp + outlet.shift) & MASK
        marked = place == len(group.payloads) - 1
        if outlet.repeats is not None:
            sealer, kind, at = self._repeater, outlet.repeats, self._next_repeat
            self._next_repeat += 1
            payload = (index & 0xFFFF).to_bytes(2, "big") + payload  # RFC 4588 4: the original sequence number
        elif self._next - index <= self._sealer.reach:
            sealer, kind, at = self._sealer, outlet.kind, index
        else:
            return False
        self.repeated_octets += len(payload)
        sealed = sealer.seal(at, kind, timestamp, (payload,), marked)
        return self._transmit(sealed, 1, len(sealed))
