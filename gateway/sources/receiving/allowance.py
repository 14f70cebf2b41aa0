"""Limits what a camera may send: its rate per second, and its bursts. Pure: time is an argument."""

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.receiving.sound import LONGEST

MESSAGES_A_SECOND = 10_000.0
MESSAGES_AT_ONCE = 20_000.0
"""The most that a camera may send, which is ten times what 4K needs. A camera that sends more, in tiny packets, would
take processor time from the others.
"""
PICTURES_A_SECOND = 240.0
SOUNDS_A_SECOND = 200.0
"""Each of these is encrypted once per viewer. The limit is four times the rate at which cameras send. Ten seconds'
worth may arrive at once, as after a stalled connection."""
SECONDS_AT_ONCE = 10
MESSAGES_COUNTED_TOGETHER = 1000
SECONDS_COUNTED_TOGETHER = 0.1
"""Everything that arrives is counted at once, but it is compared with the limits only after this many messages
or seconds, because comparing costs more than counting."""


class Allowance:
    """Allows ``rate`` per second, and saves up at most ``at_once``. ``what`` is named in the error if it is
    overdrawn."""

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


class Limits:
    """Limits what one connection may send: messages, pictures and packets of sound. Each method raises ``CameraError``
    if its allowance is overdrawn."""

    def __init__(self, now: float) -> None:
        self._messages = Allowance(MESSAGES_A_SECOND, MESSAGES_AT_ONCE, "packets", now)
        self._pictures = Allowance(PICTURES_A_SECOND, SECONDS_AT_ONCE * PICTURES_A_SECOND, "pictures", now)
        self._sounds = Allowance(SOUNDS_A_SECOND, SECONDS_AT_ONCE * SOUNDS_A_SECOND, "packets of sound", now)
        self._arrived = self._units = 0
        self._settled_at = now

    def take(self, messages: int, units: int, now: float) -> None:
        """Count messages, or packets, that have arrived, and take the number of pictures that have arrived so far."""
        self._arrived += messages
        if self._arrived < MESSAGES_COUNTED_TOGETHER and now < self._settled_at + SECONDS_COUNTED_TOGETHER:
            return
        self._messages.spend(self._arrived, now)
        self._pictures.spend(units - self._units, now)
        self._arrived, self._units, self._settled_at = 0, units, now

    def sound(self, size: int, now: float) -> None:
        """Count a packet of sound of ``size`` bytes. A long one counts as the number of packets that would hold it."""
        self._sounds.spend(1 + size // LONGEST, now)
