"""Keeps the latest pictures of a stream, once for all its viewers. New viewers begin with them, and lost packets are
repeated from them. Pure.

Each packet has a *position*: the number of packets before it in the stream. A viewer has its own sequence numbers. It
knows which sequence number corresponds to which position, and keeps no packets.
"""

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.registry import PLAYED, payloads_of
from gateway.relay.gop import Gop
from gateway.relay.kept_packets import KeptPackets
from gateway.relay.packet_group import PacketGroup


class History:
    """The latest pictures of one stream, as packets.

    While nobody is watching, pictures are kept unpacketised, and only those since the last keyframe. They are
    packetised for the first viewer.
    """

    def __init__(self) -> None:
        self._packets = KeptPackets()
        self._gop = Gop()
        self._unwatched: list[tuple[AccessUnit, int]] = []  # pictures that follow the packets
        self._bps = 0.0  # of the last GOP that was dropped while nobody was watching

    # Pictures in

    def put(self, unit: AccessUnit, rtp: int) -> tuple[PacketGroup | None, int]:
        """Packetise a picture and keep it. Return its group (None if browsers do not play its codec), and how many
        groups of a GOP were dropped to make room, usually 0."""
        payloads = payloads_of(unit)
        if not payloads:
            return None, 0
        packets = self._packetized() if self._unwatched else self._packets
        group = PacketGroup(payloads, rtp, unit.keyframe, unit.arrival, packets.next)
        return group, self.add(group)

    def add(self, group: PacketGroup) -> int:
        """Keep a group whose position is ``next``. Return how many groups of a GOP were dropped to make room, usually
        0."""
        packets = self._packetized() if self._unwatched else self._packets
        if group.keyframe:
            self._gop.begin(group.position, group.arrival)
        given_up = self._gop.add(group.size)
        packets.add(group, self._gop.position)
        return given_up

    def put_unwatched(self, unit: AccessUnit, rtp: int) -> int:
        """Keep a picture while nobody is watching. Return how many pictures of a GOP were dropped to make room, usually
        0."""
        if unit.codec not in PLAYED:
            return 0
        if unit.keyframe:
            self._begin_unwatched(unit.arrival)
        given_up = self._gop.add(sum(map(len, unit.nals)))
        if self._gop.position is None:
            self._unwatched = []
        else:
            self._unwatched.append((unit, rtp))
        return given_up

    def forget_gop(self) -> None:
        """Let no new viewer begin with the kept pictures. Packets that were sent can still be repeated."""
        self._gop.forget()
        self._unwatched = []

    # For new viewers

    @property
    def begun(self) -> bool:
        """Return True if a keyframe is kept with which a viewer can begin."""
        return self._gop.position is not None

    @property
    def gave_up(self) -> bool:
        """Return True if the GOP is too long to be kept, so that no viewer can begin before the next keyframe."""
        return self._gop.gave_up

    def gop(self) -> tuple[PacketGroup, ...]:
        """Return all groups since the last keyframe, oldest first, or none if there is no keyframe."""
        packets = self._packetized()
        return () if self._gop.position is None else packets.since(self._gop.position)

    def gop_start(self) -> int | None:
        """Return the RTP time of the first picture of ``gop``, or None if there is none. Cheaper than ``gop``."""
        if self._gop.position is None:
            return None
        first = self._packets.at(self._gop.position)
        if first is not None:
            return first.rtp
        return self._unwatched[0][1] if self._unwatched else None

    # For viewers that have begun

    @property
    def next(self) -> int:
        """Return the position of the first packet of the next group."""
        return self._packetized().next

    def find(self, position: int) -> tuple[PacketGroup, int] | None:
        """Return the group that holds the packet, and the packet's place in it, or None if the packet is no longer kept
        or does not exist yet."""
        return self._packetized().find(position)

    def newest(self) -> PacketGroup | None:
        """Return the last group."""
        return self._packetized().newest()

    def bps(self) -> float:
        """Return the bits per second of the kept pictures, or of those dropped last; 0 if they span less than a
        second."""
        bps = self._packetized().bps()
        return self._bps if bps is None else bps

    # Inside

    def _packetized(self) -> KeptPackets:
        """Return all that is kept, after making groups of the pictures that arrived while nobody was watching."""
        if self._unwatched:
            unwatched, self._unwatched = self._unwatched, []
            for unit, rtp in unwatched:
                if payloads := payloads_of(unit):
                    group = PacketGroup(payloads, rtp, unit.keyframe, unit.arrival, self._packets.next)
                    self._packets.add(group, self._gop.position)
        return self._packets

    def _begin_unwatched(self, arrival: float) -> None:
        """Begin with a keyframe that arrives while nobody is watching. The pictures before it are no longer needed."""
        if (bps := self._gop.bps(arrival)) is not None:
            self._bps = bps
        self._packets.clear()
        self._gop.begin(self._packets.next, arrival)
        self._unwatched = []
