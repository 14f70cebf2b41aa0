"""Counts the pictures from where a decoder begins to the first one that it shows whole. Pure."""

from typing import NamedTuple

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.nal.recovery import NONE
from gateway.codecs.names import H264, H265

_RASL = frozenset({8, 9})
_SLICES = frozenset({1, 2, 5})
_REFERENCE = 0x60

MOST_PICTURES = 150
MOST_BYTES = 8 * 1024 * 1024
"""The limits of one refresh that is gathered: five seconds at 30 pictures per second, or 13 Mbit/s."""


class WholePicture(NamedTuple):
    """A picture that a new decoder shows whole once it has decoded those in ``before``, oldest first."""

    unit: AccessUnit
    before: tuple[AccessUnit, ...] = ()


def begins(unit: AccessUnit) -> bool:
    """Return True if a decoder can begin with this picture, even if the first pictures it shows are not whole."""
    return unit.keyframe or unit.recovery != NONE


def refers_back(unit: AccessUnit) -> bool:
    """Return True if this is an H.265 RASL picture: it follows a keyframe but refers to pictures before it. Only other
    RASL pictures refer to it. A decoder that began with that keyframe, or lost the pictures before it, cannot decode
    it."""
    return unit.codec == H265 and any(nal[0] >> 1 & 0x3F in _RASL for nal in unit.nals)


class Recovery:
    """Follows one decoder that begins with ``unit``. Call ``follow`` with each picture that it has decoded."""

    def __init__(self, unit: AccessUnit) -> None:
        self._left = 0 if unit.keyframe else unit.recovery

    @property
    def whole(self) -> bool:
        """Return True if the next picture is whole."""
        return self._left <= 0

    def follow(self, unit: AccessUnit) -> None:
        """Count a picture. H.264 counts the pictures that others refer to (``frame_num``), H.265 counts all of them."""
        if self._left > 0:
            self._left -= unit.codec != H264 or _referred_to(unit)


class Gathering:
    """Gathers the pictures from a recovery point to the first one that is whole, if a camera refreshes its picture
    gradually. A refresh over the limits is given up."""

    def __init__(self) -> None:
        self._before: list[AccessUnit] = []
        self._bytes = 0
        self._recovery: Recovery | None = None

    def concerns(self, unit: AccessUnit) -> bool:
        """Return True if ``take`` needs this picture. It does not need most pictures of a camera with keyframes."""
        return self._recovery is not None or begins(unit)

    def take(self, unit: AccessUnit) -> WholePicture | None:
        """Process the next picture that can be decoded after those before it. Return it if a decoder can show it whole,
        with what the decoder must be given first."""
        found = None
        if unit.keyframe or unit.recovery == 0:
            found = WholePicture(unit)
            self.clear()
        elif self._recovery is not None and self._recovery.whole:
            found = WholePicture(unit, tuple(self._before))
            self.clear()
        if self._recovery is None and not unit.keyframe and unit.recovery > 0:
            self._recovery = Recovery(unit)
        if self._recovery is not None:
            self._recovery.follow(unit)
            self._before.append(unit)
            self._bytes += sum(map(len, unit.nals))
            if len(self._before) > MOST_PICTURES or self._bytes > MOST_BYTES:
                self.clear()
        return found

    def clear(self) -> None:
        """Forget what was gathered, because a picture was lost or another connection begins."""
        self._before, self._bytes, self._recovery = [], 0, None


def _referred_to(unit: AccessUnit) -> bool:
    return any(nal[0] & _REFERENCE and nal[0] & 0x1F in _SLICES for nal in unit.nals)
