"""Measures a camera's offset from gateway time, using ``Date`` headers with a resolution of one second. Pure.

Each answer bounds the offset: between query and answer the camera's clock read something in [date, date + 1), so the
offset (camera minus gateway) is in [date - received, date + 1 - sent]. The intervals of many answers are intersected. A
sweep of queries across the first second finds the turn of the second to within an eighth. Then each query is sent when
the second would turn according to the middle of the remaining interval. It halves that interval, down to about the
round trip. Intervals widen with age, by the most that clocks drift apart.

Queries sent only at the turn would never reveal a clock that has moved within the second, since one of their two
possible answers always fits. So, once the offset is known, queries are sent before the turn, at it and after it, in
rotation. An answer that does not fit means that the clock was set.
"""

import math

from gateway.rtp.clocks import Interval
from gateway.sources.media import ClockSample

ENOUGH = 0.03  # once the interval is this many seconds wide, there is no hurry
PERIOD = 10.0  # seconds between queries once the interval is that narrow
RETRY = 5.0  # seconds after which an unanswered query is repeated
_HURRIED = 16  # queries that may follow one another quickly
_GAP = 0.05
_ROUGH = 0.25
_SWEEP = 0.125
_LATE = 0.3
_CLEAR = 0.02  # how many seconds from the turn to send a query that should miss it


class CameraClock:
    """The offset of one camera's clock over one connection."""

    def __init__(self) -> None:
        self.restart(-math.inf)

    def restart(self, since: float) -> None:
        """Forget everything, and trust only answers to queries sent at ``since`` or later."""
        self._since = since
        self._known: Interval | None = None
        self._samples = 0
        self._round_trip = math.inf
        self._plan: float | None = None

    def known(self, now: float) -> Interval | None:
        """Return the interval that holds the offset, widened by age; None if unknown."""
        return None if self._known is None else self._known.aged(now)

    @property
    def last_sample(self) -> float:
        """Return the gateway time of the newest answer that was trusted, or ``-inf`` if there is none."""
        return -math.inf if self._known is None else self._known.at

    def add(self, sample: ClockSample) -> None:
        """Narrow the interval with one answer. An answer that contradicts the interval replaces it: the clock was
        set."""
        if sample.sent < self._since or sample.received < sample.sent:
            return
        told = Interval.of_answer(sample.date, sample.sent, sample.received)
        old = self.known(sample.received)
        if old is not None and not old.agrees(told, 0.0):
            self.restart(self._since)
            old = None
        if old is not None:
            told = Interval(max(old.low, told.low), min(old.high, told.high), told.at)
        self._known = told
        self._samples += 1
        self._round_trip = min(sample.received - sample.sent, 1.25 * self._round_trip)
        self._plan = None

    def widen(self, by: float) -> None:
        """Widen the interval because sender reports have moved by ``by`` seconds: the clock may or may not have moved
        with them."""
        if self._known is not None:
            known = self._known
            self._known = Interval(known.low + min(0.0, by), known.high + max(0.0, by), known.at)
            self._samples = 1
            self._plan = None

    def next_query(self, now: float) -> float:
        """Return the gateway time at which to send the next query. It stays the same until an answer arrives, or until
        it has passed without one."""
        if self._plan is None:
            self._plan = now if self._known is None else self._best(self._known, now)
        elif now > self._plan + _LATE:
            self._plan = now + RETRY if self._known is None else self._best(self._known, now + 1.0)
        return self._plan

    def _best(self, known: Interval, now: float) -> float:
        hurry = known.width > max(ENOUGH, 1.5 * self._round_trip) and self._samples < _HURRIED
        middle = known.middle + self._round_trip / 2
        if hurry and known.width > max(_ROUGH, 4 * self._round_trip):
            return max(now, known.at + _SWEEP)
        if hurry:
            return _at_turn(middle, max(now, known.at + _GAP))
        place = (
            middle,
            known.high + self._round_trip + _CLEAR,  # answered before the turn
            known.low - _CLEAR,  # asked after the turn
        )[self._samples % 3]
        return _at_turn(place, max(now, known.at + PERIOD))


def _at_turn(offset: float, earliest: float) -> float:
    """Return the first time from ``earliest`` on at which a second begins on a clock that is ahead by ``offset``."""
    return math.ceil(earliest + offset) - offset
