"""Decides which of a viewer's reports show that its link is in trouble. Pure: time is an argument.

Three kinds of report do:

- REMB, the receiver's own estimate. Browsers never estimate more than about one and a half times what they receive,
  and they begin low and climb slowly. So REMB only means something once it has fallen below what was sent. It is based
  on RTP timestamps: pictures that a camera sends later and later look to a browser like a link that is filling up.
  While that happens, ignore REMB, and afterwards require a fresh drop. Ignore it too once the link has shown a limit:
  from then on, sending is spread over time to suit the link, which by itself makes timestamps look late.
- Loss over ``LOSS_DOWN`` (draft-ietf-rmcat-gcc-02 6 tolerates up to 10 %), by more than chance explains. Chance matters
  because browsers report every tenth of a second, on a handful of packets.
- A round trip that has grown by ``DELAY``: packets are queuing on the way. While they do, what comes through is exactly
  what the link carries, however little is sent in the meantime.
"""

import math

LOSS_DOWN = 0.10
LEAST_PACKETS = 20
UNEASY = LOSS_DOWN / 2
"""The loss from which there may be trouble."""
DELAY = 0.25
REMB_BELOW = 0.85
PERSISTS = 0.75
"""Seconds that REMB must stay low, since what is sent varies with each keyframe, or that the round trip must stay long,
since either end may have been busy for a moment."""
_FALLEN = 0.9
_FADES = 0.05  # per second: how fast an earlier high estimate loses its weight
_RTT_DRIFT = 0.01


def losing(loss: float, packets: int) -> bool:
    """Return True if so many of ``packets`` were lost that chance does not explain it."""
    by_chance = 2 * math.sqrt(LOSS_DOWN * (1 - LOSS_DOWN) / packets)
    return loss > LOSS_DOWN + by_chance


class Remb:
    """The receiver's own estimates, and whether they have fallen."""

    def __init__(self, now: float) -> None:
        self._low_since: float | None = None
        self._height = 0.0, now

    def heard(self, bps: float, rate: float, now: float, *, ignored: bool) -> bool:
        """Process an estimate, while ``rate`` bits per second are sent. Return True if it shows trouble."""
        height, at = self._height
        height = max(bps, height * (1 - _FADES * min(now - at, 10.0)))
        self._height = (bps if ignored else height), now
        if ignored or bps >= REMB_BELOW * rate or bps > _FALLEN * height:
            self._low_since = None
        elif self._low_since is None:
            self._low_since = now
        return self._low_since is not None and now - self._low_since >= PERSISTS

    def forget(self) -> None:
        """Require a fresh drop."""
        self._low_since = None


class RoundTrip:
    """The latest round trip in ``seconds``. It has been long since ``late_since``, which is None if it is not long."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.late_since: float | None = None
        self._base: tuple[float, float] | None = None

    def heard(self, seconds: float, now: float) -> None:
        """Process a round trip."""
        self.seconds = seconds
        base, at = self._base or (seconds, now)
        base = min(seconds, base + _RTT_DRIFT * (now - at))
        self._base = base, now
        if seconds <= base + DELAY:
            self.late_since = None
        elif self.late_since is None:
            self.late_since = now

    def resume(self) -> None:
        """Count only from now on for how long the round trip has been long."""
        self.late_since = None

    def persists(self, now: float) -> bool:
        """Return True if it has been long for so long that this counts as trouble."""
        return self.late_since is not None and now - self.late_since >= PERSISTS

    def queued(self, now: float) -> float:
        """Return for how many seconds packets are queueing on their way. It is 0 until that has lasted for a while."""
        return self.seconds - self._base[0] if self._base is not None and self.persists(now) else 0.0
