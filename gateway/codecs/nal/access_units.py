"""Assembles NAL units into whole pictures, and passes on nothing that cannot be decoded. Pure.

An access unit with missing packets is dropped, and so is every following one until the next keyframe. They refer to the
missing picture, and a decoder that receives them shows smeared or mixed pictures without any sign of it, whereas the
age of a frozen picture reveals that it is old. For the same reason nothing is passed on before the first keyframe or
recovery point. Pictures that follow only a recovery point are for decoders that show nothing until the picture is whole
(``recovery``).

One timestamp is one access unit, whatever the markers say; ``markers`` decides when a marker may end it early. The
output follows this rule, too. If a camera sends a second whole picture under one timestamp (a stream without fields,
and a slice that begins a picture), the second picture is sent one tick later. Sending both as one unit, or only the
first, would not work: decoders keep one picture of a unit, lose the other, and tear all pictures that refer to it.
"""

from contextlib import suppress
from typing import ClassVar

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.depacketizer import Counts
from gateway.codecs.nal.gathering import Gathering
from gateway.codecs.nal.markers import Markers
from gateway.codecs.nal.parameter_sets import ParameterSets
from gateway.codecs.nal.recovery import NONE
from gateway.codecs.nal.syntax import NalSyntax
from gateway.codecs.unused import Unused
from gateway.errors import Malformed
from gateway.rtp.time import WRAP

BACKWARD_UNITS = 3
_BACK = WRAP - (1 << 20)  # a larger step than this, modulo 2^32, is a step back


class AccessUnits(Counts):
    """Builds the pictures of one RTP source from the NAL units that ``NalDepacketizer`` adds."""

    syntax: ClassVar[NalSyntax]

    def __init__(self, parameter_sets: tuple[bytes, ...] = (), markers: Markers | None = None) -> None:
        super().__init__()
        self.awaiting_keyframe = True
        self.recovery_points = False
        self._recovering = False  # pictures can be decoded from a recovery point on, but not from a keyframe
        self._backward = 0
        self._sets = ParameterSets(self.syntax)
        self._markers = markers or Markers()
        self._timestamp: int | None = None
        self._pictures = 0  # how many pictures of this timestamp have ended
        self._ended: AccessUnit | None = None  # the last of them, if it was passed on
        self._arrival = 0.0
        self._unit = Gathering()
        self._finished: list[AccessUnit] = []
        self._began_here = False  # began with the last keyframe: what came before it was not passed on
        self._lost = 0
        self._last_sent: int | None = None
        for nal in parameter_sets:
            with suppress(Malformed):
                if self.syntax.kind(nal) in self.syntax.set_kinds:
                    self._keep_parameter_set(nal)

    @property
    def reordered(self) -> bool:
        """Return True if pictures are not sent in the order in which they are shown."""
        return self._backward >= BACKWARD_UNITS

    def _add(self, nal: bytes, kind: int) -> None:
        """Process one NAL unit, or leave it out if the picture is whole without it. Raises ``Malformed`` if the unit is
        damaged."""
        syntax = self.syntax
        if kind in syntax.wrapping_kinds and syntax.packs(nal):
            raise Malformed("NAL units that are packed in a way that is not supported")
        if len(nal) <= syntax.header or kind in syntax.empty_kinds or kind in syntax.wrapping_kinds:
            return  # an end of sequence, padding, or a type that the manufacturer defined
        coded = kind in syntax.picture_kinds
        if not coded and kind not in syntax.set_kinds and not self._unit.has_room(nal):
            self.malformed += 1
            return
        if kind in syntax.set_kinds:
            try:
                self._keep_parameter_set(nal)
            except Malformed:
                self.malformed += 1
                return
        self._unit.make_room(nal)
        if coded:
            self._slice(nal, kind in syntax.keyframe_kinds)
        elif kind in syntax.leading_kinds and kind not in syntax.set_kinds and syntax.recovery_point(nal) != NONE:
            self.recovery_points = True
        self._unit.nals.append(nal)

    def _keep_parameter_set(self, nal: bytes) -> None:
        kind = self.syntax.kind(nal)
        if not self._sets.keep(kind, nal) or kind != self.syntax.sps_kind:
            return
        self._markers.forget()
        try:
            self.picture = self.syntax.parse_sps(nal)
        except Malformed:  # a decoder may make sense of it, so it is still passed on
            self.picture = None
            self.malformed += 1

    def _slice(self, nal: bytes, key: bool) -> None:
        """Before a slice is added, find out whether it continues the current picture or one that has ended."""
        another = self.syntax.opens(nal) and self.picture is not None and not self.picture.fields
        unit = self._unit
        if another and unit.slices:
            leading = unit.nals[self._behind_slices(unit) :]
            size = len(nal) + sum(map(len, leading))
            unit.size -= size
            self._finish()
            unit = self._unit = Gathering(leading, size, begun=True)
        elif unit.marked:
            self._markers.wrong()
        elif self._pictures and not unit.slices and not another:
            self._markers.wrong()
            self._take_back()
        unit.slices += 1
        unit.key = unit.key or key

    def _take_back(self) -> None:
        """Handle a picture that was sent without the slices that are arriving now. A keyframe is sent again, whole. Any
        other picture cannot be: decoders have used it as the reference for all later ones until the next keyframe."""
        unit, ended = self._unit, self._ended
        if ended is not None and ended.keyframe:
            unit.nals = [*ended.nals, *unit.nals]
            unit.size += sum(map(len, ended.nals))
            unit.slices, unit.key = 1, True
            return
        unit.damage(Unused.NO_KEYFRAME)
        self.withdrawn += ended is not None

    def _behind_slices(self, unit: Gathering) -> int:
        """Return where an access unit ends. NAL units after that belong to the next one."""
        nals = unit.nals
        end = len(nals)
        if unit.slices == end:
            return end
        while end and self.syntax.kind(nals[end - 1]) in self.syntax.leading_kinds:
            end -= 1
        return end

    def _finish(self) -> None:
        """End the current access unit, and return it if it can be decoded."""
        unit, self._unit = self._unit, Gathering()
        nals, keyframe = unit.nals[: self._behind_slices(unit)], unit.key
        if not unit.damaged and not unit.slices:
            return
        self.seen += 1
        self._pictures += 1
        self._ended = None
        if not unit.damaged and unit.marked == unit.slices:
            self._markers.right(unit.key, unit.size, unit.slices > 1)
        recovery = NONE if keyframe or not self.recovery_points else self._recovery_of(nals)
        if (keyframe or recovery != NONE) and not unit.damaged:
            nals = self._sets.complete(nals)
            if not nals:
                unit.damage(Unused.NO_PARAMETER_SETS)
        if keyframe:
            self._began_here = self.awaiting_keyframe
        if unit.damaged:
            self._break_off()
        elif keyframe:
            self.awaiting_keyframe = self._recovering = False
        elif self.awaiting_keyframe and recovery != NONE:
            self._recovering = True
        undecodable = (self.awaiting_keyframe and not self._recovering) or (self._began_here and self._is_skipped(nals))
        if unit.damaged or undecodable:
            self.dropped += 1
            waiting = Unused.GRADUAL if self.recovery_points else Unused.NO_KEYFRAME
            self.unused = max(self.unused, unit.damaged or waiting)
            return
        self._pass_on(nals, keyframe, recovery)

    def _is_skipped(self, nals: list[bytes]) -> bool:
        skipped = self.syntax.skipped_kinds
        return bool(skipped) and not skipped.isdisjoint(map(self.syntax.kind, nals))

    def _recovery_of(self, nals: list[bytes]) -> int:
        return max(map(self.syntax.recovery_point, nals))

    def _break_off(self) -> None:
        """Note that nothing can be decoded before the next keyframe or recovery point."""
        self.awaiting_keyframe = True
        self._recovering = False

    def _pass_on(self, nals: list[bytes], keyframe: bool, recovery: int) -> None:
        """Pass on a picture with a timestamp of its own: one tick later for each earlier picture with the same
        timestamp."""
        self.unused = Unused.NOTHING
        timestamp = ((self._timestamp or 0) + self._pictures - 1) % WRAP
        if self._last_sent is not None and (timestamp - self._last_sent) % WRAP > _BACK:
            self._backward += 1
        self._last_sent = timestamp
        lost, self._lost = self._lost, 0
        codec = self.syntax.codec
        self._ended = AccessUnit(tuple(nals), timestamp, keyframe, self._arrival, lost, codec, recovery)
        self._finished.append(self._ended)

    def _take_finished(self) -> tuple[AccessUnit, ...]:
        if not self._finished:
            return ()
        finished, self._finished = tuple(self._finished), []
        return finished
