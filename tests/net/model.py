"""One direction of a link: which packets it loses, and when it delivers the others. Pure: time is an argument."""

import hashlib
from collections import Counter, deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_LOST = 2  # attempts to send one packet
REMEMBERED = 4096  # packets whose attempts are counted
CATCH_UP = 0.02  # seconds of sending that a late timer may catch up on


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of one direction: ``delay`` in seconds and up to ``jitter`` more, ``rate`` in bit/s (None: no
    limit) behind a ``queue`` in bytes, and ``loss`` as a share of the datagrams (1: none gets through)."""

    delay: float = 0.0
    jitter: float = 0.0
    rate: float | None = None
    queue: int = 1 << 20
    loss: float = 0.0


class Fate:
    """Decides what happens to each packet. With the same ``seed``, the same packets have the same fate in every run.

    SRTP leaves the header in the clear. A packet is identified by the position of its SSRC among those seen, the
    distance of its sequence number from the first, and how often it has been sent. (RTX is a separate stream, and a
    repeat in it counts as a separate packet.) Anything else is identified by its kind and its position among packets of
    that kind: each one is new, because a message is sealed again whenever it is sent again.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._streams: dict[int, tuple[int, int]] = {}
        self._counts: dict[Hashable, int] = {}
        self._others: Counter[str] = Counter()

    @property
    def remembered(self) -> int:
        """Return the number of packets whose attempts are being counted."""
        return len(self._counts)

    def draw(self, datagram: bytes) -> tuple[float, float, int]:
        """Return two numbers in [0, 1), one for loss and one for jitter, and the number of this attempt, from 0."""
        name = self._name(datagram)
        attempt = self._counts.pop(name, 0)
        self._counts[name] = attempt + 1
        if len(self._counts) > REMEMBERED:
            del self._counts[next(iter(self._counts))]
        digest = hashlib.blake2b(f"{self._seed} {name} {attempt}".encode(), digest_size=8).digest()
        return int.from_bytes(digest[:4], "big") / 2**32, int.from_bytes(digest[4:], "big") / 2**32, attempt

    def _name(self, datagram: bytes) -> Hashable:
        first = datagram[0] if datagram else 0
        if not 128 <= first < 192 or len(datagram) < 12 or 192 <= datagram[1] <= 223:  # RFC 7983, RFC 5761
            kind = "stun" if first < 4 else "dtls" if first < 64 else "rtcp"
            self._others[kind] += 1
            return kind, self._others[kind]
        sequence, ssrc = int.from_bytes(datagram[2:4], "big"), int.from_bytes(datagram[8:12], "big")
        place, began = self._streams.setdefault(ssrc, (len(self._streams), sequence))
        return place, (sequence - began) & 0xFFFF


class Way(Generic[T]):
    """A queue with a clock: packets come out in the order in which they were put in, after the delay and no faster than
    the rate.

    ``conditions`` may be changed at any time; what is waiting continues under the new ones.
    """

    def __init__(self, seed: int) -> None:
        self.conditions = Conditions()
        self.lost = 0
        self.overflowed = 0
        self._fate = Fate(seed)
        self._queue: deque[tuple[float, float, int, T]] = deque()
        self._bytes = 0
        self._free_at = 0.0

    def datagram(self, data: bytes, what: T, now: float) -> bool:
        """Put in a datagram. Return False if it was lost or found the queue full."""
        loss = self.conditions.loss
        dice, late, attempt = self._fate.draw(data)
        if loss >= 1 or (dice < loss and attempt < MOST_LOST):
            self.lost += 1
            return False
        if not self._put(len(data), what, now, late):
            self.overflowed += 1
            return False
        return True

    def segment(self, size: int, what: T, now: float) -> bool:
        """Put in a part of a TCP stream. Nothing of it is lost. Return False if the queue is full: try again."""
        return self._put(size, what, now, 0.0)

    def take(self, now: float) -> T | None:
        """Return what comes out now, if anything does."""
        if not self._queue or self.wait(now) > 0:
            return None
        _, _, size, what = self._queue.popleft()
        self._bytes -= size
        rate = self.conditions.rate
        self._free_at = max(self._free_at, now - CATCH_UP) + 8 * size / rate if rate else 0.0
        return what

    def wait(self, now: float) -> float:
        """Return the seconds until ``take`` returns something under these conditions, or infinity if nothing waits."""
        if not self._queue:
            return float("inf")
        arrived, late, _, _ = self._queue[0]
        conditions = self.conditions
        free_at = self._free_at if conditions.rate else 0.0
        return max(free_at, arrived + conditions.delay + late * conditions.jitter) - now

    def _put(self, size: int, what: T, now: float, late: float) -> bool:
        if self._bytes + size > self.conditions.queue:
            return False
        self._queue.append((now, late, size, what))
        self._bytes += size
        return True
