"""Collects what is known about one viewer's link: what its first burst showed, and what its reports say. Pure: time is
an argument."""

import math
from collections.abc import Callable

from gateway.webrtc.congestion.bandwidth import BandwidthEstimator
from gateway.webrtc.congestion.probe import TRAIN, Probe

LARGE = 0.02  # seconds of sending above which a picture is paced
HEADROOM = 1.2  # bursts are sent this much faster than the link is known to carry, in case it carries more
SETTLES = 1.0
"""Seconds within which losses on a previous route may still be reported."""


class Link:
    """Knows one viewer's link.

    It is assumed to carry ``unknown`` bits per second until it shows a limit, and never more than that. Anything that
    takes longer than ``patience`` seconds to send would arrive too old.
    """

    def __init__(self, unknown: float, patience: float, now: float) -> None:
        self.estimate = BandwidthEstimator(now)
        self.probe = Probe()
        self.patience = patience
        self._unknown = unknown
        self._probed = math.inf  # bits per second, as measured by the burst that is going out
        self._settled_at = now

    def pace(self, now: float) -> float:
        """Return the rate of bursts in bits per second."""
        ceiling = self.estimate.ceiling(now)
        return min(HEADROOM * (self._probed if ceiling is None else ceiling), self._unknown)

    def affords(self, size: int, now: float) -> bool:
        """Return True if this many bytes can be sent before they are too old."""
        return 8 * size / self.pace(now) <= self.patience

    def at_once(self, now: float) -> float:
        """Return how many bytes may go out at once. On an unknown link that is at most one probe."""
        most = LARGE * self.pace(now) / 8
        return min(TRAIN, most) if self.probe.fresh else most

    def ask(self, send_check: Callable[[], bytes | None], now: float) -> None:
        """Send a check. ``send_check`` returns its transaction, or None if the viewer cannot be asked."""
        transaction = send_check()
        if transaction is None:
            self.probe.give_up()
        else:
            self.probe.asked(transaction, now)

    def holds(self, send_check: Callable[[], bytes | None], now: float) -> bool:
        """Return True if nothing may be sent until the link's capacity is known. Repeat the check when it is time."""
        if not self.probe.waits(now):
            return False
        if self.probe.asks_again(now):
            self.ask(send_check, now)
        return True

    def learn(self, bps: float, stream_bps: float, now: float) -> None:
        """Process the probe's result, and the rate that the stream needs."""
        self._probed = bps
        if bps < stream_bps:
            self.estimate.found(bps, now)

    def forget_probed(self) -> None:
        """Forget the probe's result, which only holds for the burst that showed it."""
        self._probed = math.inf

    def moved(self, now: float, *, elsewhere: bool) -> None:
        """Note that the viewer is reached by another route.

        If its host is different too, nothing is known about the route. Otherwise, losses on the previous route that are
        reported within ``SETTLES`` seconds say nothing about the new one.
        """
        if elsewhere:
            self.estimate, self.probe, self._probed = BandwidthEstimator(now), Probe(), math.inf
        else:
            self.estimate.forget_losses()
        self._settled_at = now + SETTLES

    def settled(self, now: float) -> bool:
        """Return True if the viewer's reports are about its present route."""
        return now >= self._settled_at
