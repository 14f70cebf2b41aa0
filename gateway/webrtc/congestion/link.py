"""All that is known of one viewer's link: what its first burst showed, and what its reports say. Pure: time is an
argument."""

import math
from collections.abc import Callable

from gateway.webrtc.congestion.bandwidth import BandwidthEstimator
from gateway.webrtc.congestion.probe import TRAIN, Probe

LARGE = 0.02  # seconds of sending from which on a picture is paced
HEADROOM = 1.2  # by which bursts are sent faster than the link is known to carry: it may carry more
SETTLES = 1.0
"""Seconds within which what was lost on a former way is reported."""


class Link:
    """It is taken to carry ``unknown`` bits a second until it shows a limit, and never to carry more; what takes longer
    than ``patience`` seconds to send is old by then."""

    def __init__(self, unknown: float, patience: float, now: float) -> None:
        self.estimate = BandwidthEstimator(now)
        self.probe = Probe()
        self.patience = patience
        self._unknown = unknown
        self._probed = math.inf  # bits a second, as the burst showed that goes out
        self._settled_at = now

    def pace(self, now: float) -> float:
        """Return the bits a second at which bursts go out."""
        ceiling = self.estimate.ceiling(now)
        return min(HEADROOM * (self._probed if ceiling is None else ceiling), self._unknown)

    def affords(self, size: int, now: float) -> bool:
        """Return True if so many bytes would be sent before they are old."""
        return 8 * size / self.pace(now) <= self.patience

    def at_once(self, now: float) -> float:
        """Return how many bytes may go out at once; on an unknown link no more than its probe takes."""
        most = LARGE * self.pace(now) / 8
        return min(TRAIN, most) if self.probe.fresh else most

    def ask(self, send_check: Callable[[], bytes | None], now: float) -> None:
        """Send a check by ``send_check``, which returns its transaction, or None where the viewer cannot be asked."""
        transaction = send_check()
        if transaction is None:
            self.probe.give_up()
        else:
            self.probe.asked(transaction, now)

    def holds(self, send_check: Callable[[], bytes | None], now: float) -> bool:
        """Return True if nothing may be sent before it is known what the link carries. Asks again where it is time."""
        if not self.probe.waits(now):
            return False
        if self.probe.asks_again(now):
            self.ask(send_check, now)
        return True

    def learn(self, bps: float, stream_bps: float, now: float) -> None:
        """Take what the probe found, and what the stream needs."""
        self._probed = bps
        if bps < stream_bps:
            self.estimate.found(bps, now)

    def forget_probed(self) -> None:
        """The burst that showed it is over: what the probe found holds for nothing else."""
        self._probed = math.inf

    def moved(self, now: float, *, elsewhere: bool) -> None:
        """The viewer is reached by another way. Where its host is another, too, nothing is known of that way. What was
        lost on the former, and is reported within ``SETTLES`` seconds, says nothing of it."""
        if elsewhere:
            self.estimate, self.probe, self._probed = BandwidthEstimator(now), Probe(), math.inf
        else:
            self.estimate.forget_losses()
        self._settled_at = now + SETTLES

    def settled(self, now: float) -> bool:
        """Return True if what the viewer reports is about the way by which it is reached now."""
        return now >= self._settled_at
