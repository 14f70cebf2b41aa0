"""Estimates what one viewer's link carries from the viewer's reports. Pure: time is an argument.

A link that is not full cannot be measured: while everything arrives in time, all we know is that it carries what was
sent. So there is no estimate until there is *trouble*, and then the estimate is the rate that came through. Three kinds
of report show trouble:

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
from collections import deque

LOSS_DOWN = 0.10
LOSS_WINDOW = 2.0
_UNEASY = LOSS_DOWN / 2
_LEAST_PACKETS = 20
_SOONEST = 0.02  # shortest time between two reports that count
DELAY = 0.25
REMB_BELOW = 0.85
PERSISTS = 0.75
"""Seconds that REMB must stay low, since what is sent varies with each keyframe, or that the round trip must stay long,
since either end may have been busy for a moment."""
WINDOW = 3.0
_RECENT = 1.0
_LATER = 0.06
"""By how many seconds all pictures of the last ``_JUST_NOW`` seconds must be later than some picture in the window."""
_JUST_NOW = 0.5
_FALLEN = 0.9
_FADES = 0.05  # per second: how fast an earlier high estimate loses its weight
GROWTH = 1.08  # per second, while there is no trouble
FORGOTTEN = 60.0  # seconds without trouble after which the link counts as unknown again
_LEAST = 30_000.0
_RTT_DRIFT = 0.01


class BandwidthEstimator:
    """Estimates what one viewer's link carries, in bits per second."""

    def __init__(self, now: float) -> None:
        self.rtt = 0.0
        self.loss = 0.0
        self.troubled_at = float("-inf")
        self._ceiling: float | None = None
        self._samples: deque[tuple[float, int, int, int]] = deque([(now, 0, 0, 0)])
        self._packet_size = 0.0
        self._lags: deque[tuple[float, float]] = deque()
        self._reports: deque[tuple[float, int, int]] = deque()
        self._late_since: float | None = None
        self._carried = 0.0
        self._base_rtt: tuple[float, float] | None = None
        self._remb_low_since: float | None = None
        self._remb_height = 0.0, now

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
        return self.loss > _UNEASY or self._late_since is not None

    def queued(self, now: float) -> float:
        """Return how many seconds packets queue on their way, according to the round trip. It is 0 until that has
        lasted for a while."""
        if self._late_since is None or self._base_rtt is None or now - self._late_since < PERSISTS:
            return 0.0
        return self.rtt - self._base_rtt[0]

    def heard_remb(self, bps: float, now: float) -> None:
        """Take the viewer's own estimate."""
        height, at = self._remb_height
        height = max(bps, height * (1 - _FADES * min(now - at, 10.0)))
        self._remb_height = height, now
        if self.ceiling(now) is not None or self._comes_later(now):
            self._remb_height = bps, now
            self._remb_low_since = None
        elif bps >= REMB_BELOW * self.rate() or bps > _FALLEN * height:
            self._remb_low_since = None
        elif self._remb_low_since is None:
            self._remb_low_since = now
        elif now - self._remb_low_since >= PERSISTS:
            self._trouble(bps, now)

    def heard_report(self, highest: int, lost: int, rtt: float | None, now: float) -> None:
        """Take a receiver report: the highest sequence number with its cycles, the total of lost packets (RFC 3550
        6.4.1), and the round trip if it is known.

        A report that comes too soon after another is skipped, because each report searches those that are kept.
        """
        reports = self._reports
        if reports and now < reports[-1][0] + _SOONEST:
            return
        reports.append((now, highest, lost))
        while len(reports) > 2 and reports[1][0] <= now - LOSS_WINDOW:
            reports.popleft()
        packets = (highest - reports[0][1]) & 0xFFFFFFFF
        losing = False
        if _LEAST_PACKETS <= packets < 1 << 31:
            self.loss = max(0, lost - reports[0][2]) / packets
            by_chance = 2 * math.sqrt(LOSS_DOWN * (1 - LOSS_DOWN) / packets)
            losing = self.loss > LOSS_DOWN + by_chance
            if losing and self._late_since is None:
                self._trouble(max(self.rate() * (1 - self.loss), self._comes_through(reports[0][0])), now)
        if rtt is None:
            return
        self.rtt = rtt
        base, at = self._base_rtt or (rtt, now)
        base = min(rtt, base + _RTT_DRIFT * (now - at))
        self._base_rtt = base, now
        if rtt <= base + DELAY:
            self._late_since = None
            self._carried = 0.0
        elif self._late_since is None:
            self._late_since = now
        elif losing or now - self._late_since >= PERSISTS:
            self._carried = max(self._carried, self._comes_through(self._late_since))
            self._ceiling = max(self._carried, _LEAST)
            self.troubled_at = now

    def forget_losses(self) -> None:
        """Do not count earlier losses against what is sent from now on."""
        self._reports.clear()
        self._remb_low_since = None

    def found(self, bps: float, now: float) -> None:
        """Take the result of a probe: the link carries ``bps``, which is less than what is to be sent."""
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
