"""Measures a link with the first data that goes over it. It sends a train of packets, and compares the round trips of
STUN checks sent before and after it. Pure: time is an argument.

Without it, a link would show its limit (``bandwidth.py``) only when it is full, with a whole GOP of a stream that it
cannot carry, and would stay full for many seconds.
"""

import math

TRAIN = 32 * 1024
"""Bytes in a train. They take two thirds of a second at 400 kbit/s. At 20 Mbit/s they take so little time that it is
lost in the variation of round trips."""
AGAIN = 0.1
PATIENCE = 1.5
"""Seconds to wait for an answer."""
NOISE = 0.01
NOISE_SHARE = 0.25
"""The seconds, or the share of a round trip, by which round trips differ when nothing is queueing."""


class Probe:
    """Probes one path. The check before the train shows how long an answer takes, and later ones how long the
    train took."""

    def __init__(self) -> None:
        self._asked: dict[bytes, tuple[float, bool]] = {}
        self._asked_at = float("-inf")
        self._trip = math.inf
        self._bytes = 0
        self._sent_at: float | None = None
        self._over = False

    @property
    def fresh(self) -> bool:
        """Return True if no train has been sent yet."""
        return self._sent_at is None and not self._over

    def give_up(self) -> None:
        """Note that the viewer cannot be asked."""
        self._over = True

    def asked(self, transaction: bytes, now: float) -> None:
        """Note that a check has been sent."""
        self._asked[transaction] = now, self._sent_at is not None
        self._asked_at = now

    def sent(self, size: int, now: float) -> None:
        """Note that the train has been sent."""
        self._bytes, self._sent_at = size, now

    def waits(self, now: float) -> bool:
        """Return True if nothing may follow the train yet."""
        return not self._over and self._sent_at is not None and now < self._sent_at + PATIENCE

    def asks_again(self, now: float) -> bool:
        """Return True if it is time for another check, because the last one or its answer may be lost."""
        return now >= self._asked_at + AGAIN

    def answered(self, transaction: bytes, now: float) -> float | None:
        """Process an answer. Return what the link carries in bits per second, once that is known.

        The result is infinite if the train left no trace or there is nothing to compare it with. A short train measures
        nothing; the next one does.
        """
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
            return math.inf  # the check was not held up, so it is not known when the train had passed
        return self._through(now, self._sent_at)

    def lapsed(self, now: float) -> float | None:
        """Return the most that the link can carry, once the wait for an answer is over. It is infinite if the viewer
        never answers.
        """
        if self._over or self._sent_at is None or self.waits(now):
            return None
        self._over = True
        return math.inf if self._trip is math.inf else self._through(now, self._sent_at)

    def _through(self, now: float, sent_at: float) -> float:
        return 8 * self._bytes / max(now - self._trip - sent_at, NOISE)
