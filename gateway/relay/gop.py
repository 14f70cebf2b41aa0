"""Measures the pictures since the last keyframe, with which new viewers begin. Pure."""

GOP_BYTES = 16 * 1024 * 1024
GOP_GROUPS = 1024


class Gop:
    """The pictures since the last keyframe. ``position`` is that of its first packet, or None if no viewer can begin:
    there was no keyframe yet, or the pictures since then exceed ``GOP_BYTES`` or ``GOP_GROUPS``."""

    def __init__(self) -> None:
        self.position: int | None = None
        self._began = 0.0
        self._bytes = self._pictures = 0

    def begin(self, position: int, arrival: float) -> None:
        """Begin again with the keyframe at ``position``, which arrived at ``arrival``."""
        self.position, self._began = position, arrival
        self._bytes = self._pictures = 0

    def add(self, size: int) -> int:
        """Count a picture of ``size`` bytes. If that is too much, give the GOP up and return the number of its
        pictures, otherwise 0.
        """
        self._bytes += size
        self._pictures += 1
        if self.position is None or not self._too_long:
            return 0
        self.position = None
        return self._pictures

    @property
    def gave_up(self) -> bool:
        """Return True if the GOP is too long to be kept, so that no viewer can begin before the next keyframe."""
        return self.position is None and self._too_long

    def forget(self) -> None:
        """Let no viewer begin before the next keyframe."""
        self.position = None

    def bps(self, until: float) -> float | None:
        """Return the bits per second of the GOP, which ends at ``until``, or None if it was given up or spans less than
        a second."""
        span = until - self._began
        return 8 * self._bytes / span if self.position is not None and span >= 1.0 else None

    @property
    def _too_long(self) -> bool:
        return self._bytes > GOP_BYTES or self._pictures > GOP_GROUPS
