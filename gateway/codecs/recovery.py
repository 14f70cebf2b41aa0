"""Counts the pictures from where a decoder begins to the first one that it shows whole. Pure."""

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.nal.recovery import NONE
from gateway.codecs.names import H264, H265

_RASL = frozenset({8, 9})
_SLICES = frozenset({1, 2, 5})
_REFERENCE = 0x60


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


def _referred_to(unit: AccessUnit) -> bool:
    return any(nal[0] & _REFERENCE and nal[0] & 0x1F in _SLICES for nal in unit.nals)
