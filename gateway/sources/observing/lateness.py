"""Measures how far a stream has fallen behind on its way here, and whether a new connection would make it live. Pure.

Arrival minus media time, compared with its running minimum, is the delay that has built up, whatever any clock says. If
a link is slower than a stream, the delay builds up in the camera's buffers, and TCP delivers everything, later and
later.

The gateway cannot skip anything to make such a stream live: it reads data as soon as it arrives, and the backlog is on
the camera's side. A new connection has no backlog. To find out whether there is a backlog, the gateway sends the camera
a request: the answer over the same connection arrives as late as the pictures. If the answer comes at once, the camera
itself is late, and a new connection would be no better. It is still tried, but rarely, because some cameras queue
pictures behind answers.
"""

from gateway.rtp.clocks import RunningMinimum
from gateway.rtp.time import ticks_between

LATE = 3.0
"""A stream that is this many seconds behind has fallen behind; at half of that it has caught up."""
PATIENCE = 3.0
"""Seconds that it must stay behind without catching up, because a link that stalls for a moment recovers by itself."""
PATIENCE_WITH_CAMERA = 60.0
LEAP = 1.0
_CATCHING_UP = 0.8


class Lateness:
    """``behind`` is the delay in seconds that has built up over one connection."""

    def __init__(self) -> None:
        self.behind = 0.0
        self._last: tuple[int, float] | None = None
        self._line = 0.0
        self._earliest = RunningMinimum()
        self._since: float | None = None
        self._worst = 0.0

    def picture(self, rtp: int, arrival: float, clock_rate: int) -> None:
        """Process one picture. If timestamps leap, the camera is playing back or has restarted; that is not a delay."""
        last, self._last = self._last, (rtp, arrival)
        if last is None:
            return
        passed = arrival - last[1]
        step = ticks_between(rtp, last[0]) / clock_rate
        if step < -LEAP or step - passed > LEAP:
            self._line = 0.0
            self._earliest.restart(0.0)
        else:
            self._line += passed - step
            self._earliest.add(self._line, passed)
        self.behind = self._line - self._earliest.value
        if self.behind < LATE / 2:
            self._since = None
        elif (self._since is None and self.behind >= LATE) or self.behind < _CATCHING_UP * self._worst:
            self._since, self._worst = arrival, self.behind
        self._worst = max(self._worst, self.behind) if self._since is not None else 0.0

    @property
    def late_since(self) -> float | None:
        """Return the gateway time since which the stream has been late without catching up, or None if it is not
        late."""
        return self._since

    @property
    def slow_answer(self) -> float:
        """Return how many seconds an answer must take to count as late as the pictures."""
        return min(self.behind / 2, LATE)

    def in_connection(self, answer: float) -> bool:
        """Return True if the delay is in the connection. ``answer`` is how long an answer took, or has been awaited."""
        return answer >= self.slow_answer


class Drops:
    """Decides when a stream may be dropped to live. The first time is at once. Later intervals double, so that
    reconnecting does not use up a link that is always too slow."""

    FIRST, LONGEST, CALM = 10.0, 320.0, 600.0

    def __init__(self) -> None:
        self._last = float("-inf")
        self._distance = self.FIRST

    def allowed(self, now: float, in_connection: bool) -> bool:
        """Return True if the stream may be dropped now. If the camera itself is late, that is no reason to do so again
        soon."""
        return now - self._last >= (self._distance if in_connection else self.CALM)

    def dropped(self, now: float) -> None:
        """Note that the stream was dropped to live."""
        calm = now - self._last >= self.CALM
        self._distance = self.FIRST if calm else min(self.LONGEST, 2 * self._distance)
        self._last = now
