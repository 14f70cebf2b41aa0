"""Implements token buckets, which limit how many requests may arrive at once, and per second after that. Pure."""

from collections import OrderedDict
from dataclasses import dataclass

KEPT = 10_000
"""The number of buckets kept. The least recently used one is dropped first. If needed again, it starts full."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Buckets:
    """Holds a bucket for each key. A bucket has the size ``burst`` and refills at ``rate`` per second.

    ``now`` is in monotonic seconds.
    """

    def __init__(self, burst: float, rate: float) -> None:
        self._burst = burst
        self._rate = rate
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, cost: float, now: float) -> float:
        """Take ``cost`` out of a bucket and return 0.

        If it holds less, take nothing and return the seconds until it will hold enough.
        """
        bucket = self._filled(key, now)
        if bucket.level < cost:
            return (cost - bucket.level) / self._rate
        bucket.level -= cost
        return 0.0

    def give_back(self, key: str, amount: float, now: float) -> None:
        """Put ``amount`` back into a bucket, up to its size."""
        bucket = self._filled(key, now)
        bucket.level = min(self._burst, bucket.level + amount)

    def _filled(self, key: str, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now)
            if len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
            return bucket
        self._buckets.move_to_end(key)
        bucket.level = min(self._burst, bucket.level + max(0.0, now - bucket.at) * self._rate)
        bucket.at = now
        return bucket
