"""Keeps the parameter sets of a stream as they arrive, and adds them to each keyframe. Pure."""

from gateway.codecs.nal.syntax import NalSyntax
from gateway.errors import Malformed

MAX_PARAMETER_SETS = 64


class ParameterSets:
    """Holds the newest parameter set of each type and id."""

    def __init__(self, syntax: NalSyntax) -> None:
        self._syntax = syntax
        self._sets: dict[tuple[int, int], bytes] = {}

    @property
    def has_sps(self) -> bool:
        """Return True if the camera has sent its SPS."""
        return any(kind == self._syntax.sps_kind for kind, _ in self._sets)

    def keep(self, kind: int, nal: bytes) -> bool:
        """Keep a parameter set. Return True if it differs from the one before. Raises ``Malformed``."""
        key = (kind, self._syntax.set_id(nal))
        if self._sets.get(key) == nal:
            return False
        if key not in self._sets and len(self._sets) >= MAX_PARAMETER_SETS:
            raise Malformed("more parameter sets than any camera needs")
        self._sets[key] = nal
        return True

    def complete(self, nals: list[bytes]) -> list[bytes]:
        """Return a keyframe with the sets that it needs, after its delimiter, or nothing if a set is missing."""
        kind_of, kinds = self._syntax.kind, self._syntax.set_kinds
        needed = set(kinds)
        if not needed <= {kind for kind, _ in self._sets}:
            return []
        if needed <= set(map(kind_of, nals)):
            return nals
        sets = [nal for wanted in kinds for (kind, _), nal in self._sets.items() if kind == wanted]
        rest = [nal for nal in nals if kind_of(nal) not in needed]
        split = 1 if kind_of(rest[0]) == self._syntax.delimiter_kind else 0
        return rest[:split] + sets + rest[split:]
