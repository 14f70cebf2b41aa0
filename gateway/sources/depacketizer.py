"""What every codec's depacketizer does alike: packets in, whole pictures out, and nothing that cannot be decoded. Pure.

An access unit that misses packets is dropped, and so is every following one until the next keyframe: they refer to what
is missing, and a decoder that is fed them shows smeared or mixed pictures without saying so, while a picture that
stands still is told by its age. For the same reason nothing is passed on before the first keyframe.

One timestamp is one access unit, whatever the markers say: ``markers`` holds when one may end it early. Only where a
stream has no fields and a slice begins another picture within one timestamp is that one an access unit of its own, said
to be a tick later.
"""

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import ClassVar, Protocol

from gateway.errors import Malformed
from gateway.sources.markers import Markers
from gateway.sources.media import AccessUnit
from gateway.sources.rtp import RtpPacket
from gateway.sources.sps import SequenceParameters
from gateway.sources.unused import Unused

MAX_NAL = 2 * 1024 * 1024
MAX_ACCESS_UNIT = 4 * 1024 * 1024
MAX_NALS = 512
MAX_PARAMETER_SETS = 64
BACKWARD_UNITS = 3


class Depacketizer(Protocol):
    """Builds the pictures of one RTP source, which end with a change of timestamp or with a marker that is believed.

    ``seen`` counts pictures that have ended, ``dropped`` those of them that were not passed on, ``malformed`` packets
    of no use. ``unused`` says why none was passed on since the last that was. ``picture`` is what the newest parameter
    set or header told.
    """

    seen: int
    dropped: int
    malformed: int
    unused: Unused
    picture: SequenceParameters | None

    def push(self, packet: RtpPacket, missing: int, arrival: float) -> tuple[AccessUnit, ...]:
        """Take the next packet, before which ``missing`` are lost. One of no use damages its picture."""
        ...

    def begin_again(self) -> tuple[AccessUnit, ...]:
        """Another RTP source follows: give out what is whole of the former one. What was learned stays."""
        ...

    @property
    def continuation(self) -> bytes:
        """How the next payload begins if it neither begins nor ends a fragmented unit but carries on the one at hand;
        empty where there is none. Such packets of the same timestamp, without a marker, may go to ``carry_on``."""
        ...

    def carry_on(self, pieces: list[bytes], size: int, arrival: float) -> None:
        """Take what follows ``continuation`` in the next packets, ``size`` bytes in all, as ``push`` would."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What district IT should know of this stream, in words."""
        ...


class NalDepacketizer(ABC):
    """The ``Depacketizer`` of a codec whose access units are NAL units; a codec adds what its types mean."""

    codec: ClassVar[str]
    picture_kinds: ClassVar[frozenset[int]]
    keyframe_kinds: ClassVar[frozenset[int]]
    set_kinds: ClassVar[tuple[int, ...]]
    """Parameter sets, all of them needed, in the order in which they are sent."""
    leading_kinds: ClassVar[frozenset[int]]
    """What stands before the first slice of an access unit, and so behind the last one of another."""
    sps_kind: ClassVar[int]
    delimiter_kind: ClassVar[int]
    fragment_header: ClassVar[int]
    """Bytes before the piece of a NAL unit in a payload; the last of them has its flags and type."""
    first_foreign_kind: ClassVar[int]
    """The lowest type that has no place within a packet's payload."""

    def __init__(self, parameter_sets: tuple[bytes, ...] = (), markers: Markers | None = None) -> None:
        self.seen = 0
        self.dropped = 0
        self.malformed = 0
        self.unused = Unused.NOTHING
        self.picture: SequenceParameters | None = None
        self.awaiting_keyframe = True
        self._backward = 0
        self._sets: dict[tuple[int, int], bytes] = {}
        self._markers = markers or Markers()
        self._timestamp: int | None = None
        self._pictures = 0  # of this timestamp that have ended
        self._ended: AccessUnit | None = None  # the last of them, if it was passed on
        self._arrival = 0.0
        self._finished: list[AccessUnit] = []
        self._nals: list[bytes] = []
        self._fragments: list[bytes] = []
        self._fragments_size = 0
        self._opening = b""
        self._size = 0
        self._slices = 0
        self._marked = 0  # how many slices there were at the last marker
        self._key = False
        self._damaged = Unused.NOTHING
        self._begun = False
        self._lost = 0
        self._last_sent: int | None = None
        for nal in parameter_sets:
            with suppress(Malformed):
                if self._kind(nal) in self.set_kinds:
                    self._keep_parameter_set(nal)

    @property
    def reordered(self) -> bool:
        """Whether pictures are not sent in the order in which they are shown."""
        return self._backward >= BACKWARD_UNITS

    def notes(self) -> tuple[str, ...]:
        """What district IT should know of this stream, in words."""
        found = []
        if self.awaiting_keyframe and self.seen:
            found.append("Waiting for a keyframe.")
            found.extend(self._why_no_keyframe())
        if self.reordered or (self.picture is not None and self.picture.may_reorder):
            found.append("The camera sends B-frames, which browsers cannot play live: switch them off.")
        if self._markers.misplaced:
            found.append("The camera marks its pictures as ended too early: each is passed on one picture later.")
        return tuple(found)

    def push(self, packet: RtpPacket, missing: int, arrival: float) -> tuple[AccessUnit, ...]:
        """Take the next packet, before which ``missing`` are lost. One of no use damages its access unit."""
        timestamp, payload = packet.timestamp, packet.payload
        if timestamp != self._timestamp:
            if self._begun:
                if missing:
                    self._damage(Unused.PACKETS_LOST)
                self._finish()
            self._timestamp, self._pictures, self._ended = timestamp, 0, None
        if missing:
            self._lost += missing
            self._fragments.clear()
            self.awaiting_keyframe = True
            if self._begun or not self._begins_picture(payload):
                self._damage(Unused.PACKETS_LOST)
        self._begun = True
        self._arrival = arrival
        try:
            self._unpack(payload)
        except Malformed:
            self.malformed += 1
            self._damage(Unused.NOT_READABLE)
        if packet.marker and self._slices and not self._fragments:
            self._marked = self._slices
            if self._markers.believed(self._key, self._size):
                self._finish()
        return self._take_finished()

    def begin_again(self) -> tuple[AccessUnit, ...]:
        """Another RTP source follows: give out the picture at hand if its last slice was marked."""
        if self._begun:
            if self._marked < self._slices:
                self._damage(Unused.NO_PICTURE)
            self._finish()
        self._timestamp = self._last_sent = self._ended = None
        self._backward = self._lost = 0
        self.awaiting_keyframe = True
        return self._take_finished()

    @property
    def continuation(self) -> bytes:
        """How the next payload begins if it carries on the NAL unit at hand; empty where there is none."""
        return self._opening if self._fragments else b""

    def carry_on(self, pieces: list[bytes], size: int, arrival: float) -> None:
        """Take the next pieces of the NAL unit at hand, ``size`` bytes in all."""
        self._arrival = arrival
        self._fragments += pieces
        self._fragments_size += size + len(pieces)
        if self._fragments_size > MAX_NAL:
            self._fragments = []
            self.malformed += 1
            self._damage(Unused.NOT_READABLE)

    # What a codec adds

    @abstractmethod
    def _kind(self, nal: bytes) -> int:
        """The type of a NAL unit."""

    @abstractmethod
    def _unpack(self, payload: bytes) -> None:
        """Take a payload apart by ``_add``, ``_aggregated`` and ``_fragment``. Raises ``Malformed``."""

    @abstractmethod
    def _header(self, payload: bytes) -> bytes:
        """The header of the NAL unit that a fragment is of."""

    @abstractmethod
    def _begins_picture(self, payload: bytes) -> bool:
        """Whether a packet holds the first bytes of an access unit, so that what was lost before it was of others."""

    @abstractmethod
    def _opens(self, nal: bytes) -> bool:
        """Whether a slice is the first of its picture."""

    @abstractmethod
    def _set_id(self, nal: bytes) -> int:
        """The id of a parameter set. Raises ``Malformed``."""

    @abstractmethod
    def _parse_sps(self, nal: bytes) -> SequenceParameters:
        """What an SPS tells. Raises ``Malformed``."""

    def _why_no_keyframe(self) -> list[str]:
        return (
            []
            if any(kind == self.sps_kind for kind, _ in self._sets)
            else ["The camera has not sent its parameter sets."]
        )

    def _why_waiting(self) -> Unused:
        """Why a picture that waits for a keyframe was not passed on."""
        return Unused.NO_KEYFRAME

    def _undecodable(self, kinds: set[int], awaited: bool) -> bool:
        """Whether an access unit cannot be decoded though it is whole; ``awaited``: no keyframe preceded it."""
        return awaited and not kinds & self.keyframe_kinds

    # Inside

    def _aggregated(self, payload: bytes, position: int) -> None:
        """NAL units, each after its size in two bytes."""
        while position < len(payload):
            size = int.from_bytes(payload[position : position + 2], "big")
            position += 2 + size
            if not size or position > len(payload):
                raise Malformed("aggregation packet is cut off")
            self._add(payload[position - size : position])

    def _fragment(self, payload: bytes) -> None:
        """A piece of a NAL unit; its flags say whether it is the first (0x80) or the last (0x40) of it."""
        size = self.fragment_header
        flags, piece = payload[size - 1], payload[size:]
        if flags & 0x80:
            if self._fragments:
                self._damage(Unused.NOT_READABLE)
            self._fragments = [self._header(payload), piece]
            self._fragments_size = len(piece)
            self._opening = payload[: size - 1] + bytes((flags & 0x3F,))
        elif self._fragments:
            self._fragments.append(piece)
            self._fragments_size += len(piece) + 1
            if self._fragments_size > MAX_NAL:
                self._fragments = []
                raise Malformed("NAL unit over the limit")
        elif not self._damaged:
            raise Malformed("fragment without its beginning")
        if flags & 0x40 and self._fragments:
            nal = b"".join(self._fragments)
            self._fragments = []
            self._add(nal)

    def _add(self, nal: bytes) -> None:
        kind = self._kind(nal)
        if kind >= self.first_foreign_kind:
            raise Malformed("NAL unit of a type that has no place here")
        self._size += len(nal)
        if self._size > MAX_ACCESS_UNIT or len(self._nals) >= MAX_NALS:
            self._nals.clear()
            raise Malformed("access unit over the limit")
        if kind in self.set_kinds:
            self._keep_parameter_set(nal)
        elif kind in self.picture_kinds:
            self._slice(nal, kind in self.keyframe_kinds)
        self._nals.append(nal)

    def _slice(self, nal: bytes, key: bool) -> None:
        """Before a slice is added: find out whether it goes on with the picture at hand, or with one that has ended."""
        another = self._opens(nal) and self.picture is not None and not self.picture.fields
        if another and self._slices:
            leading = self._nals[self._behind_slices() :]
            size = len(nal) + sum(map(len, leading))
            self._size -= size
            self._finish()
            self._begun, self._nals, self._size = True, leading, size
        elif self._marked:
            self._markers.wrong()
        elif self._pictures and not self._slices and not another:
            self._markers.wrong()
            self._take_back()
        self._slices += 1
        self._key = self._key or key

    def _take_back(self) -> None:
        """A picture has gone out without what follows now. A keyframe is sent again, whole; after any other picture
        only the next keyframe helps."""
        if self._ended is None or not self._ended.keyframe:
            self._damage(Unused.NO_KEYFRAME)
            return
        self._nals = [*self._ended.nals, *self._nals]
        self._size += sum(map(len, self._ended.nals))
        self._slices, self._key = 1, True

    def _behind_slices(self) -> int:
        """Where the access unit at hand ends: what is behind it belongs to the next one."""
        end = len(self._nals)
        while end and self._kind(self._nals[end - 1]) in self.leading_kinds:
            end -= 1
        return end

    def _keep_parameter_set(self, nal: bytes) -> None:
        kind = self._kind(nal)
        key = (kind, self._set_id(nal))
        if self._sets.get(key) == nal:
            return
        if key not in self._sets and len(self._sets) >= MAX_PARAMETER_SETS:
            raise Malformed("more parameter sets than any camera needs")
        self._sets[key] = nal
        if kind == self.sps_kind:
            self._markers.forget()
            self._read_sps(nal)

    def _read_sps(self, nal: bytes) -> None:
        """A decoder may make sense of one that we cannot read: it is passed on all the same."""
        try:
            self.picture = self._parse_sps(nal)
        except Malformed:
            self.picture = None
            self.malformed += 1

    def _damage(self, cause: Unused) -> None:
        """The access unit at hand cannot be passed on."""
        self._damaged = max(self._damaged, cause)

    def _finish(self) -> None:
        """End the access unit at hand; it comes out unless it cannot be decoded."""
        nals = self._nals[: self._behind_slices()]
        if self._fragments:
            self._damage(Unused.NOT_READABLE)
        damaged = self._damaged
        slices, marked, size = self._slices, self._marked, self._size
        self._nals, self._fragments = [], []
        self._size, self._damaged, self._begun = 0, Unused.NOTHING, False
        self._slices = self._marked = 0
        self._key = False
        kinds = {self._kind(nal) for nal in nals}
        keyframe = bool(kinds & self.keyframe_kinds)
        if not damaged and not slices:
            return
        self.seen += 1
        self._pictures += 1
        self._ended = None
        if not damaged and marked == slices:
            self._markers.right(keyframe, size, slices > 1)
        if keyframe and not damaged:
            nals = self._with_parameter_sets(nals, kinds)
            damaged = Unused.NOTHING if nals else Unused.NO_PARAMETER_SETS
        undecodable = self._undecodable(kinds, self.awaiting_keyframe)
        if damaged:
            self.awaiting_keyframe = True
        elif keyframe:
            self.awaiting_keyframe = False
        if damaged or undecodable:
            self.dropped += 1
            self.unused = max(self.unused, damaged or self._why_waiting())
            return
        self.unused = Unused.NOTHING
        timestamp = (self._timestamp or 0) + self._pictures - 1 & 0xFFFFFFFF
        if self._last_sent is not None and (timestamp - self._last_sent) & 0xFFFFFFFF > 0xFFF00000:
            self._backward += 1
        self._last_sent = timestamp
        lost, self._lost = self._lost, 0
        self._ended = AccessUnit(tuple(nals), timestamp, keyframe, self._arrival, lost, self.codec)
        self._finished.append(self._ended)

    def _take_finished(self) -> tuple[AccessUnit, ...]:
        if not self._finished:
            return ()
        finished, self._finished = tuple(self._finished), []
        return finished

    def _with_parameter_sets(self, nals: list[bytes], kinds: set[int]) -> list[bytes]:
        """A keyframe with the sets that it needs, after its delimiter; nothing where we do not have them."""
        needed = set(self.set_kinds)
        if not needed <= {kind for kind, _ in self._sets}:
            return []
        if needed <= kinds:
            return nals
        sets = [nal for wanted in self.set_kinds for (kind, _), nal in self._sets.items() if kind == wanted]
        rest = [nal for nal in nals if self._kind(nal) not in needed]
        split = 1 if self._kind(rest[0]) == self.delimiter_kind else 0
        return rest[:split] + sets + rest[split:]
