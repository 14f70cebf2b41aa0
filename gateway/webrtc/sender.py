"""One viewer's RTP stream: start burst, live groups, repeats. Sans-IO: sends through the function it is given."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from gateway.relay.stream import PacketGroup
from gateway.webrtc.port import LARGEST_RUN
from gateway.webrtc.srtp import Sealer

Runs = tuple[tuple[int, int, int], ...]
Transmit = Callable[[Sequence[bytes], int, int], bool]

BURST_CHUNK = 48 * 1024  # bytes of a start burst that go out at once
BACKLOG_LIMIT = 4 * 1024 * 1024  # bytes that may wait for a viewer who is catching up
HISTORY_PACKETS = 1024
RESENDS_A_SECOND = 512


def runs_of(payloads: Sequence[bytes]) -> Runs:
    """(start, stop, payload size) of stretches that one segmented send carries: equal sizes, perhaps a smaller last."""
    runs = []
    start, count = 0, len(payloads)
    while start < count:
        size, stop = len(payloads[start]), start + 1
        while stop < count and stop - start < LARGEST_RUN and len(payloads[stop]) <= size:
            stop += 1
            if len(payloads[stop - 1]) < size:
                break
        runs.append((start, stop, size))
        start = stop
    return tuple(runs)


class RtpSender:
    """Seals and sends packet groups under one SSRC with continuous sequence numbers.

    ``transmit(buffers, stride, packet size)`` tells whether the packets went out. A group that does not go out whole
    is given up, and so is everything until the next keyframe: a viewer never gets a torn stream silently.
    ``first_index`` is the initial sequence number, below 2^15 (a receiver then cannot mistake the roll-over counter).
    """

    def __init__(self, sealer: Sealer, transmit: Transmit, first_index: int) -> None:
        if not 0 <= first_index < 1 << 15:
            raise ValueError("the initial sequence number must be below 2^15")
        self._sealer = sealer
        self._transmit = transmit
        self._next = first_index
        self._history: deque[tuple[int, PacketGroup]] = deque()
        self._kept = 0
        self._backlog: deque[PacketGroup] = deque()
        self._backlog_bytes = 0
        self._waiting = True
        self._resends_left = RESENDS_A_SECOND
        self.packets = 0
        self.octets = 0
        self.dropped_groups = 0
        self.last: PacketGroup | None = None

    @property
    def sent_bytes(self) -> int:
        """Bytes of SRTP sent, repeats not counted."""
        return self.octets + self.packets * self._sealer.overhead

    @property
    def catching_up(self) -> bool:
        """Whether groups wait to be pumped."""
        return bool(self._backlog)

    @property
    def waiting_for_keyframe(self) -> bool:
        """Whether nothing goes out until the next keyframe."""
        return self._waiting

    def begin(self, groups: Iterable[PacketGroup]) -> None:
        """Line up a GOP, from its keyframe on, to be pumped: at the start, or when the viewer has lost the picture."""
        self._clear_backlog()
        self._waiting = True
        for group in groups:
            self._line_up(group)

    def pump(self) -> bool:
        """Send the next chunk of what is lined up. Whether anything is left."""
        budget = BURST_CHUNK
        while self._backlog and budget > 0:
            group = self._backlog.popleft()
            size = _size(group)
            self._backlog_bytes -= size
            budget -= size
            if not self._send(group, runs_of(group.payloads)):
                self._give_up(1 + len(self._backlog))
        return bool(self._backlog)

    def deliver(self, group: PacketGroup, runs: Runs) -> bool:
        """A live group. Whether it went out now."""
        if self._backlog:
            if group.keyframe:  # nothing before a fresh keyframe is worth catching up with
                self._clear_backlog()
            self._line_up(group)
            return False
        if self._waiting:
            if not group.keyframe:
                return False
            self._waiting = False
        if self._send(group, runs):
            return True
        self._give_up(1)
        return False

    def resend(self, sequences: Iterable[int]) -> int:
        """Send again, byte by byte the same, those packets that are still kept. How many went out.

        Each that is asked for counts against the second's allowance, found or not: a look-up costs time as well.
        """
        sent = 0
        for sequence in sequences:
            if self._resends_left <= 0:
                break
            self._resends_left -= 1
            index = self._next - ((self._next - sequence) & 0xFFFF)
            for first, group in reversed(self._history):
                if first <= index < first + len(group.payloads) and index < self._next:
                    place = index - first
                    payload = group.payloads[place]
                    buffers = self._sealer.seal(index, group.rtp, (payload,), place == len(group.payloads) - 1)
                    sent += self._transmit(buffers, self._sealer.stride, len(payload) + self._sealer.overhead)
                    break
        return sent

    def second_passed(self) -> None:
        """Allow resends anew."""
        self._resends_left = RESENDS_A_SECOND

    def _send(self, group: PacketGroup, runs: Runs) -> bool:
        sealer, transmit = self._sealer, self._transmit
        payloads, first = group.payloads, self._next
        stride, overhead = sealer.stride, sealer.overhead
        buffers = sealer.seal(first, group.rtp, payloads, True)
        # An index counts as used once its packet is sealed, sent or not: no other plaintext may ever have it.
        self._next = first + len(payloads)
        self._remember(first, group)
        self.last = group
        if len(runs) == 1:
            sent = transmit(buffers, stride, runs[0][2] + overhead)
        else:
            sent = all(transmit(buffers[a * stride : b * stride], stride, size + overhead) for a, b, size in runs)
        if sent:
            self.packets += len(payloads)
            self.octets += _size(group)
        return sent

    def _remember(self, first: int, group: PacketGroup) -> None:
        history = self._history
        history.append((first, group))
        self._kept += len(group.payloads)
        while self._kept > HISTORY_PACKETS and len(history) > 1:
            self._kept -= len(history.popleft()[1].payloads)

    def _line_up(self, group: PacketGroup) -> None:
        if self._waiting:
            if not group.keyframe:
                return
            self._waiting = False
        self._backlog.append(group)
        self._backlog_bytes += _size(group)
        if self._backlog_bytes > BACKLOG_LIMIT:
            self._give_up(len(self._backlog))

    def _give_up(self, groups: int) -> None:
        self.dropped_groups += groups
        self._clear_backlog()
        self._waiting = True

    def _clear_backlog(self) -> None:
        self._backlog.clear()
        self._backlog_bytes = 0


def _size(group: PacketGroup) -> int:
    return sum(map(len, group.payloads))
