"""Turns H.264 and H.265 over RTP into whole pictures. Pure."""

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.nal.access_units import AccessUnits
from gateway.codecs.nal.fragments import Fragments, aggregated, separated, without_start_code
from gateway.codecs.nal.markers import Markers
from gateway.codecs.unused import Unused
from gateway.errors import Malformed
from gateway.rtp.packet import RtpPacket

LOOKED_INTO = 64
"""The number of NAL units of a stream that are searched for start codes. Keyframes are always searched."""


class NalDepacketizer(AccessUnits):
    """The ``Depacketizer`` of a codec whose access units are NAL units."""

    def __init__(self, parameter_sets: tuple[bytes, ...] = (), markers: Markers | None = None) -> None:
        super().__init__(parameter_sets, markers)
        self._fragments = Fragments()
        self._looked = 0.0  # -inf once start codes have been found
        self._open_ended = False  # the camera does not flag the last piece of a NAL unit

    def notes(self) -> tuple[str, ...]:
        """Return notes for district IT about this stream."""
        found = []
        if self.awaiting_keyframe and self.seen:
            if not self._recovering:
                found.append("Waiting for a keyframe.")
            if self.recovery_points:
                found.append(
                    "The camera refreshes its picture without full keyframes (IDR), which browsers need to start: "
                    "turn keyframes on, one every two seconds."
                )
            if not self._sets.has_sps:
                found.append("The camera has not sent its parameter sets.")
        if self.reordered or (self.picture is not None and self.picture.may_reorder):
            found.append("The camera sends B-frames, which browsers cannot play live: turn them off.")
        if self._markers.misplaced:
            found.append("The camera marks its pictures as ended too early: each is passed on one picture later.")
        return tuple(found)

    def push(self, packet: RtpPacket, missing: int, arrival: float, followed: bool = False) -> tuple[AccessUnit, ...]:
        """Process the next packet. See ``Depacketizer``."""
        timestamp, payload = packet.timestamp, packet.payload
        if timestamp != self._timestamp:
            if self._unit.begun:
                if missing:
                    self._fragments.clear()
                    self._unit.damage(Unused.PACKETS_LOST)
                self._open_ended = self._open_ended or bool(self._fragments.pieces)
                self._end()
            self._timestamp, self._pictures, self._ended = timestamp, 0, None
        unit = self._unit
        if missing:
            self._lost += missing
            self._fragments.clear()
            self._break_off()
            if unit.begun or not self.syntax.begins_picture(without_start_code(payload)):
                unit.damage(Unused.PACKETS_LOST)
        unit.begun = True
        self._arrival = arrival
        try:
            self._unpack(payload)
            if packet.marker and self._open_ended and not followed:
                self._end_fragments()
        except Malformed:
            self._useless()
        if packet.marker:
            self._marked(followed)
        return self._take_finished() if self._finished else ()

    def begin_again(self) -> tuple[AccessUnit, ...]:
        """Begin with another RTP source, and return the current picture if its last slice had a marker."""
        unit = self._unit
        if unit.begun:
            if unit.marked < unit.slices or self._fragments.pieces:
                unit.damage(Unused.NO_PICTURE)
            self._fragments.clear()
            self._end()
        self._timestamp = self._last_sent = self._ended = None
        self._backward = self._lost = 0
        self._break_off()
        return self._take_finished()

    @property
    def continuation(self) -> bytes:
        """See ``Depacketizer``."""
        return self._fragments.opening if self._fragments.pieces else b""

    @property
    def conclusion(self) -> bytes:
        """See ``Depacketizer``."""
        return self._fragments.closing

    def carry_on(
        self, pieces: list[bytes], size: int, arrival: float, ends: bool, followed: bool
    ) -> tuple[AccessUnit, ...]:
        """See ``Depacketizer``."""
        self._arrival = arrival
        try:
            self._fragments.go_on(pieces, size)
            if ends:
                self._end_fragments()
        except Malformed:
            self._useless()
        if ends:
            self._marked(followed)
        return self._take_finished() if self._finished else ()

    def _marked(self, followed: bool) -> None:
        """Handle the marker of the current packet."""
        unit = self._unit
        if unit.slices and not self._fragments.pieces:
            unit.marked = unit.slices
            if not followed and self._markers.believed(unit.key, unit.size):
                self._finish()

    # From payloads to NAL units

    def _unpack(self, payload: bytes) -> None:
        syntax = self.syntax
        if len(payload) <= syntax.header:
            return
        kind = syntax.kind(payload)
        if kind == syntax.fragment_kind:
            self._fragment(payload, syntax.header + 1)
            return
        self._end_fragments()
        for nal in aggregated(payload, syntax.header) if kind == syntax.aggregate_kind else (payload,):
            self._add_all(nal)

    def _add_all(self, nal: bytes) -> None:
        """Process what should be one NAL unit. Searching every picture completely for start codes would cost as much as
        all other work, but a camera that leaves them in does so in its first pictures and in keyframes."""
        syntax = self.syntax
        kind = syntax.kind(nal)
        ordinary = kind in syntax.picture_kinds and kind not in syntax.keyframe_kinds and not nal.startswith(b"\0\0")
        if ordinary and self._looked >= LOOKED_INTO:
            self._add(nal, kind)
            return
        self._looked += 1
        parts = tuple(separated(nal))
        if len(parts) > 1:
            self._looked = float("-inf")
        for one in parts:
            self._add(one, syntax.kind(one))

    def _fragment(self, payload: bytes, at: int) -> None:
        """Process a piece of a NAL unit. Its flags say if it is the first (0x80) or the last (0x40) piece."""
        flags, fragments = payload[at - 1], self._fragments
        if flags & 0x80:
            if fragments.pieces:
                self._end_fragments()
            fragments.begin(self.syntax.header_of_fragment(payload), payload, at)
        elif fragments.pieces:
            fragments.go_on([payload[at:]], len(payload) - at)
        elif not self._unit.damaged:
            self._cut_short()
            raise Malformed("fragment without its beginning")
        if flags & 0x40:
            self._end_fragments()

    def _cut_short(self) -> None:
        """Handle more of a NAL unit that seemed to have ended with a marker."""
        if self._open_ended:
            self._open_ended = False
            self._markers.wrong()
            if self._ended is not None:
                self.withdrawn += 1
                self._ended = None

    def _end(self) -> None:
        """End the current picture: nothing more of it follows."""
        try:
            self._end_fragments()
        except Malformed:
            self._useless()
        self._finish()

    def _end_fragments(self) -> None:
        """Complete the NAL unit that arrived in pieces. Nothing more of it follows, even if the camera does not say so.
        Raises ``Malformed``.
        """
        if self._fragments.pieces:
            self._add_all(self._fragments.end())

    def _useless(self) -> None:
        self.malformed += 1
        self._unit.damage(Unused.NOT_READABLE)
