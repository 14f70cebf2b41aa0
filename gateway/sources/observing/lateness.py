"""How far a stream has fallen behind on its way here, and whether connecting anew will make it live. Pure.

Arrival less media time, against its running minimum, is the delay that has built up, whatever any clock says. Where a
link is slower than a stream, it builds up in the camera's buffers, and TCP brings all of it, later and later.

Nothing that we could skip makes such a stream live: we read as soon as there is something to read, and what waits
waits on the camera's side. A new connection has no backlog. Whether there is one can be asked: an answer over the same
connection comes as late as the pictures. Where it comes at once, it is the camera itself that is late, and a new
connection would show the same; it is tried all the same, but seldom, since some cameras queue pictures behind answers.
"""

from gateway.rtp.clocks import RunningMinimum
from gateway.rtp.time import ticks_between

LATE = 3.0
"""Seconds behind from which a stream has fallen behind; it has caught up at half of that."""
PATIENCE = 3.0
"""Seconds for which it must be, without catching up: a link that stalls for a moment makes up for it by itself."""
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
        """One picture has arrived. Timestamps that leap are a camera that plays back or begins anew: no delay."""
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
        """Since when it has been late without catching up; None while it is not."""
        return self._since

    def in_connection(self, answer: float) -> bool:
        """Whether the delay lies in the connection: ``answer`` is what an answer took, or has been awaited for."""
        return answer >= min(self.behind / 2, LATE)


class Drops:
    """When a stream may be dropped to live: the first time at once, then at distances that double, so that a link which
    is too slow for it at all times is not spent on beginning anew."""

    FIRST, LONGEST, CALM = 10.0, 320.0, 600.0

    def __init__(self) -> None:
        self._last = float("-inf")
        self._distance = self.FIRST

    def allowed(self, now: float, in_connection: bool) -> bool:
        """Whether it may be now. The camera's own lateness is no reason while the last time was not long ago."""
        return now - self._last >= (self._distance if in_connection else self.CALM)

    def dropped(self, now: float) -> None:
        """It has been."""
        calm = now - self._last >= self.CALM
        self._distance = self.FIRST if calm else min(self.LONGEST, 2 * self._distance)
        self._last = now
