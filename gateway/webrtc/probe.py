"""What a link carries, learnt from the first that goes over it: a train of packets, and how much longer than before it
a STUN check is answered that follows it. Pure: time is an argument.

The link that shows a limit only once it is full (``estimate.py``) would be full by then: with a whole group of pictures
of a stream that it does not carry, and for many seconds.
"""

import math

TRAIN = 32 * 1024
"""Bytes. At 400 kbit/s two thirds of a second, at 20 Mbit/s no longer than a round trip varies."""
AGAIN = 0.1
PATIENCE = 1.5
"""Seconds without any answer after which the viewer is taken for one that gives none."""
NOISE = 0.01
"""Seconds by which round trips differ where nothing waits."""


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
        """Whether no train was sent yet."""
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
        """Whether nothing may follow the train yet."""
        if self._over or self._sent_at is None:
            return False
        self._over = now >= self._sent_at + PATIENCE
        return not self._over

    def asks_again(self, now: float) -> bool:
        """Whether it is time for another check: the last one, or its answer, may have been lost."""
        return now >= self._asked_at + AGAIN

    def answered(self, transaction: bytes, now: float) -> float | None:
        """Take an answer. Gives what the link carries, in bits a second, once that is known: infinite where the train
        was short or left no trace, or where nothing is known to compare it with."""
        if transaction not in self._asked or self._over:
            return None
        asked, behind = self._asked.pop(transaction)
        if not behind or self._sent_at is None:
            self._trip = now - asked
            return None
        self._over = True
        if self._bytes < TRAIN // 2 or now - asked <= self._trip + NOISE:
            return math.inf
        return 8 * self._bytes / (now - self._trip - self._sent_at)
