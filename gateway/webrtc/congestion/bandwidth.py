"""Estimates what one viewer's link carries from the viewer's reports. Pure: time is an argument.

A link that is not full cannot be measured: while everything arrives in time, all we know is that it carries what was
sent. So there is no estimate until there is ``trouble``, and then the estimate is the rate that came through.
"""

from collections import deque

from gateway.webrtc.congestion.trouble import LEAST_PACKETS, UNEASY, Remb, RoundTrip, losing

LOSS_WINDOW = 2.0
_SOONEST = 0.02  # shortest time between two reports that count
WINDOW = 3.0
_RECENT = 1.0
_LATER = 0.06
"""Pictures come later if each one of the last ``_JUST_NOW`` seconds lags this much more, in seconds, than the
earliest."""
_JUST_NOW = 0.5
GROWTH = 1.08  # per second, while there is no trouble
FORGOTTEN = 60.0  # seconds without trouble after which the link counts as unknown again
_LEAST = 30_000.0


class BandwidthEstimator:
    """Estimates what one viewer's link carries, in bits per second."""

    def __init__(self, now: float) -> None:
        self.loss = 0.0
        self.troubled_at = float("-inf")
        self._ceiling: float | None = None
        self._samples: deque[tuple[float, int, int, int]] = deque([(now, 0, 0, 0)])
        self._packet_size = 0.0
        self._lags: deque[tuple[float, float]] = deque()
        self._reports: deque[tuple[float, int, int]] = deque()
        self._round_trip = RoundTrip()
        self._remb = Remb(now)
        self._carried = 0.0
        self._resumed_at = float("-inf")

    @property
    def rtt(self) -> float:
        """Return the latest round trip in seconds, or 0."""
        return self._round_trip.seconds

    def sent(self, packets: int, octets: int, repeated: int, lag: float, now: float) -> None:
        """Note what has been sent so far; call this a few times a second.

        ``packets`` and ``octets`` are totals without repeats; ``repeated`` is the total of octets in repeats. ``lag``
        is how many seconds the last picture was later than its RTP timestamp says, from any fixed origin.
        """
        samples, lags = self._samples, self._lags
        samples.append((now, octets + repeated, packets, octets))
        while len(samples) > 2 and samples[1][0] <= now - WINDOW:
            samples.popleft()
        if packets > samples[0][2]:
            self._packet_size = (octets - samples[0][3]) / (packets - samples[0][2])
        lags.append((now, lag))
        while lags[0][0] <= now - WINDOW:
            lags.popleft()

    def rate(self) -> float:
        """Return the rate of sending in bits per second, over ``WINDOW`` or over the last second, whichever is lower.

        The lower one leaves out the burst at the start.
        """
        samples = self._samples
        ended, after = samples[-1][:2]
        recent = next(sample for sample in reversed(samples) if sample[0] <= ended - _RECENT or sample is samples[0])
        return min(8 * (after - before) / max(ended - began, _RECENT) for began, before, *_ in (samples[0], recent))

    def ceiling(self, now: float) -> float | None:
        """Return what the link was found to carry, plus growth since then. Return None if it has shown no limit
        lately."""
        if self._ceiling is None or now - self.troubled_at > FORGOTTEN:
            return None
        grown: float = self._ceiling * GROWTH ** max(0.0, now - self.troubled_at)
        return max(grown, self.rate()) if now - self.troubled_at > WINDOW else grown

    def troubled(self, now: float, within: float = 2.0) -> bool:
        """Return True if there was trouble within the last seconds."""
        return now - self.troubled_at < within

    @property
    def reports_kept(self) -> int:
        """Return how many reports are kept."""
        return len(self._reports)

    @property
    def uneasy(self) -> bool:
        """Return True if there may be trouble."""
        return self.loss > UNEASY or self._round_trip.late_since is not None

    def queued(self, now: float) -> float:
        """Return for how many seconds packets are queueing on their way, according to the round trip. It is 0 until
        that has lasted for a while.
        """
        return self._round_trip.queued(now)

    def heard_remb(self, bps: float, now: float) -> None:
        """Process the viewer's own estimate."""
        ignored = self.ceiling(now) is not None or self._comes_later(now)
        if self._remb.heard(bps, self.rate(), now, ignored=ignored):
            self._trouble(bps, now)

    def heard_report(self, highest: int, lost: int, rtt: float | None, now: float) -> None:
        """Process a receiver report: the highest sequence number with its cycles, the total of lost packets (RFC 3550
        6.4.1), and the round trip if it is known.

        A report that comes too soon after another is skipped, because each report searches those that are kept.
        A round trip that began before ``resumed`` is not counted.
        """
        reports = self._reports
        if reports and now < reports[-1][0] + _SOONEST:
            return
        reports.append((now, highest, lost))
        while len(reports) > 2 and reports[1][0] <= now - LOSS_WINDOW:
            reports.popleft()
        packets = (highest - reports[0][1]) & 0xFFFFFFFF
        lossy = False
        if LEAST_PACKETS <= packets < 1 << 31:
            self.loss = max(0, lost - reports[0][2]) / packets
            lossy = losing(self.loss, packets)
            if lossy and self._round_trip.late_since is None:
                self._trouble(max(self.rate() * (1 - self.loss), self._comes_through(reports[0][0])), now)
        if rtt is None or now - rtt < self._resumed_at:
            return
        since = self._round_trip.late_since
        self._round_trip.heard(rtt, now)
        if self._round_trip.late_since is None:
            self._carried = 0.0
        elif since is not None and (lossy or self._round_trip.persists(now)):
            self._carried = max(self._carried, self._comes_through(since))
            self._ceiling = max(self._carried, _LEAST)
            self.troubled_at = now

    def forget_losses(self) -> None:
        """Do not count earlier losses against what is sent from now on."""
        self._reports.clear()
        self._remb.forget()

    def resumed(self, now: float) -> None:
        """Measure afresh, because our own process stood still until now.

        In that time nothing came through, because nothing was sent, and the reports that arrived are read late. What
        was known about the link before still holds.
        """
        self._samples = deque([(now, *self._samples[-1][1:])])
        self._lags.clear()
        self._round_trip.resume()
        self.forget_losses()
        self._resumed_at = now

    def found(self, bps: float, now: float) -> None:
        """Process the result of a probe: the link carries ``bps``, which is less than what is to be sent."""
        self._trouble(bps, now)

    def refused(self, now: float) -> None:
        """Note that our own socket accepted no more for this viewer."""
        self._trouble(0.5 * self.rate(), now)

    def _comes_through(self, since: float) -> float:
        """Return the rate that comes through according to the viewer's reports, over at most the last ``LOSS_WINDOW``
        seconds."""
        latest = self._reports[-1][0] - _RECENT / 2
        began, before, lost_before = next(report for report in self._reports if report[0] >= min(since, latest))
        ended, after, lost = self._reports[-1]
        packets = max(0, ((after - before) & 0xFFFFFFFF) - (lost - lost_before))
        return 8 * packets * self._packet_size / max(ended - began, _RECENT / 2)

    def _comes_later(self, now: float) -> bool:
        """Return True if pictures reach us later and later according to their timestamps. This link is not the
        cause."""
        just_now = [lag for at, lag in self._lags if at >= now - _JUST_NOW]
        return bool(just_now) and min(just_now) > min(lag for _, lag in self._lags) + _LATER

    def _trouble(self, bps: float, now: float) -> None:
        """Note trouble. While it lasts, the lowest rate that came through counts."""
        bps = max(bps, _LEAST)
        lasting = self._ceiling is not None and self.troubled(now)
        self._ceiling = min(bps, self._ceiling) if lasting and self._ceiling is not None else bps
        self.troubled_at = now
