"""What a camera may send: a rate, and so much of it at once. Pure: time is an argument."""

from gateway.errors import CameraError
from gateway.models import SourceReason


class Allowance:
    """``rate`` a second, ``at_once`` saved up at the most. ``what`` is named where it is overdrawn."""

    def __init__(self, rate: float, at_once: float, what: str, now: float) -> None:
        self._rate = rate
        self._most = self._left = at_once
        self._what = what
        self._at = now

    def spend(self, amount: float, now: float) -> None:
        """Raises ``CameraError`` (``MALFORMED``) where more is spent than there is."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - amount
        self._at = now
        if self._left < 0:
            raise CameraError(SourceReason.MALFORMED, f"The camera sends more {self._what} than anybody needs.")
