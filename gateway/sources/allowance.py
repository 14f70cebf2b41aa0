"""Limits what a camera may send: so much a second, and so much at once. Pure: time is an argument."""

from gateway.errors import CameraError
from gateway.models import SourceReason


class Allowance:
    """Allows ``rate`` a second, and saves up at most ``at_once``. ``what`` names what was overdrawn in the error."""

    def __init__(self, rate: float, at_once: float, what: str, now: float) -> None:
        self._rate = rate
        self._most = self._left = at_once
        self._what = what
        self._at = now

    def spend(self, amount: float, now: float) -> None:
        """Spend ``amount``. Raises ``CameraError`` (``MALFORMED``) if there is not that much left."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - amount
        self._at = now
        if self._left < 0:
            raise CameraError(SourceReason.MALFORMED, f"The camera sends more {self._what} than anybody needs.")
