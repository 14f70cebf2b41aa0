"""What a link carries, learnt from the first that goes over it: a train of packets, and how much longer than before it
a STUN check is answered that follows it. Pure: time is an argument.

A link that shows its limit only once it is full (``bandwidth.py``) would be full by then, with a whole GOP of a stream
that it does not carry, and for many seconds.
"""

import math

TRAIN = 32 * 1024
"""Bytes. At 400 kbit/s two thirds of a second, at 20 Mbit/s no longer than a round trip varies."""
AGAIN = 0.1
PATIENCE = 1.5
"""Seconds that an answer is waited for."""
NOISE = 0.01
NOISE_SHARE = 0.25
"""Seconds, or share of a round trip, by which round trips differ where nothing waits."""


class Probe:
    """Of one path. The check before the train tells how long an answer takes, those after it how long the train did."""

    def __init__(self) -> None:
        self._asked: dict[bytes, tuple[float, bool]] = {}
        self._asked_at = float("-inf")
        self._trip = math.inf
        self._bytes = 0
        self._sent_at: float | None = None
        self._over = False

    @property
    def fresh(self) -> bool:
        """Return True if no train was sent yet."""
        return self._sent_at is None and not self._over

    def give_up(self) -> None:
        """The viewer cannot be asked."""
        self._over = True

    def asked(self, transaction: bytes, now: float) -> None:
        """A check has gone out."""
        self._asked[transaction] = now, self._sent_at is not None
        self._asked_at = now

    def sent(self, size: int, now: float) -> None:
        """The train has gone out."""
        self._bytes, self._sent_at = size, now

    def waits(self, now: float) -> bool:
        """Return True if nothing may follow the train yet."""
        return not self._over and self._sent_at is not None and now < self._sent_at + PATIENCE

    def asks_again(self, now: float) -> bool:
        """Return True if it is time for another check: the last one, or its answer, may have been lost."""
        return now >= self._asked_at + AGAIN

    def answered(self, transaction: bytes, now: float) -> float | None:
        """Take an answer. Return what the link carries, in bits a second, once that is known: infinite where the train
        left no trace, or where nothing is known to compare it with. A short train is no measure: the next one is."""
        if transaction not in self._asked or self._over:
            return None
        asked, behind = self._asked.pop(transaction)
        if not behind or self._sent_at is None:
            self._trip = now - asked
            return None
        if self._bytes < TRAIN // 2:
            self._asked.clear()
            self._sent_at = None
            return math.inf
        self._over = True
        waited = now - asked - self._trip
        if waited <= max(NOISE, NOISE_SHARE * self._trip) or waited < asked - self._sent_at:
            return math.inf  # the check found the way free: when it became so is not known
        return self._through(now, self._sent_at)

    def lapsed(self, now: float) -> float | None:
        """Return what the link carries at most, once the wait for an answer is over: infinite for a viewer who gives
        none at all."""
        if self._over or self._sent_at is None or self.waits(now):
            return None
        self._over = True
        return math.inf if self._trip is math.inf else self._through(now, self._sent_at)

    def _through(self, now: float, sent_at: float) -> float:
        return 8 * self._bytes / max(now - self._trip - sent_at, NOISE)
