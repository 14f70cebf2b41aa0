"""Maps media time to capture time, and decides whether the map can be trusted (docs/age.md). Pure.

**The map.** A sender report states the camera's clock at a media time, and ``CameraClock`` knows how far that clock is
from the gateway's: ``capture = media + intercept``. Between reports the media clock is assumed to run at its nominal
rate. Reports are 5 s apart and jitter by about 10 ms, so a rate fitted to two of them would be wrong by 4000 ppm,
whereas quartz is wrong by 100.

**Growth** (``growth``). No picture is dated later than arrivals allow, whatever the reports say.

**Trust** requires that both paths are known and agree. A step of the reports against the media clock makes the offset
unknown until the camera answers a query sent *after* the step. A step of the offset alone is not trusted until the
reports show it too. If media time leaps ahead, trust waits for the next report. If it leaps back, it is accepted as
that of a recorder that plays back, since this can only make pictures look older. There is one exception: if media time
was set back before, the pictures may date from before that, and would be older than they appear by as much as the clock
was set back. Trust then waits for the next report, too.

If sender reports and the second path are a time zone apart (``sources.time_zone``), the camera gives local time on one
of them, or the stream is late by just as much. The two cases cannot be told apart, so such an age is not trusted.

A clock that the configuration declares trusted is compared with the gateway's own. The gateway's clock may be set,
rightly or wrongly, while the gateway runs, and a late picture may look live by one of its two times, before or after
that. If both are possible, the case cannot be decided. But a time by which pictures would have arrived before their
capture is wrong.

While the map is trusted, no picture is older than ``now - capture + uncertainty`` by more than ``SLACK``, however
delay, clock and media time change. Only a clock that is set by less than ``2 * STEP`` while reports are held up makes
use of that slack. Two cases cannot be detected until the next report: a recorder that goes back to a time before its
media clock was set back, by exactly as much (its timestamps continue as if nothing had happened); and a media clock
that is set ahead by less than ``line.LEAP`` while pictures are later than that, which looks like a stream that is
catching up.
"""

from dataclasses import dataclass
from typing import NamedTuple

from gateway.relay.camera_clock import CameraClock
from gateway.relay.growth import Growth
from gateway.rtp.clocks import DRIFT, Interval
from gateway.sources.media import ClockSample
from gateway.sources.observing.time_zone import in_hours, zone_of

STEP = 0.2  # if two reports differ by more seconds than this, a clock was set
NOISE = 0.05  # seconds by which reports differ because cameras stamp them imprecisely
SLACK = 2 * STEP + NOISE
REPORT_LATE = 30.0
ANSWER_LATE = 120.0
CONFIGURED = 0.05  # seconds, either way, that ``clock: trusted`` is taken to mean
UNDECIDED = 1.0  # seconds by which the gateway's own clock may be set before ages that depend on it are distrusted
IMPLAUSIBLE = 86_400.0
_STAMPED = 0.005
_NO_REPORTS = "The age cannot be verified: the camera does not say when its pictures were taken (no sender reports)."
_REPORTS_CEASED = "The age cannot be verified: the camera no longer says when its pictures were taken (sender reports)."
_ZONE = (
    "The age cannot be verified: the camera's two clocks are {} apart, as if one of them gave local time. "
    "Set its time zone."
)
_OWN_CLOCK = "The age cannot be verified: the gateway's own clock was set while it ran."
NO_WALLS = (0.0, 0.0)


class Map(NamedTuple):
    """``capture = media + intercept``, give or take ``uncertainty``; gateway time, seconds.

    If not ``trusted``, ``reason`` says why, and ``capture`` is the latest that arrivals allow.
    """

    intercept: float
    uncertainty: float
    trusted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Report:
    media: float
    ntp: float
    arrival: float

    @property
    def base(self) -> float:
        return self.ntp - self.media


class Timeline:
    """Maps media time of one camera stream to gateway time. All arguments are in seconds; media time is unwrapped."""

    def __init__(self, clock_trusted: bool = False) -> None:
        self._clock_trusted = self.uses_walls = clock_trusted
        self._clock = CameraClock()
        self._walls = NO_WALLS
        self._began = 0.0
        self._kept: Map | None = None
        self._report: _Report | None = None
        self._pair: Interval | None = None
        self._agreed = True
        self._jumped = False
        self._doubt = ""
        self._rewound = False
        self._pictures = False
        self._highest = self._twice_below = float("-inf")
        self._media = self._arrival = 0.0
        self._growth = Growth()

    def connected(self, at: float) -> None:
        """Begin the media time of a new session. What its handshake revealed about the clock is kept."""
        self._keep(at)
        self._growth.look_again()
        self._began = at
        self._report = self._pair = None
        self._agreed, self._jumped, self._doubt = True, False, ""
        self._rewound = self._pictures = False
        self._highest = self._twice_below = float("-inf")

    def disconnected(self, at: float) -> None:
        """End the session. Its pictures keep their map until the first picture of the next session. The camera's clock
        is measured again, because the camera may have restarted."""
        self._keep(at)
        self._clock.restart(float("-inf"))

    def picture(self, media: float, arrival: float, leap: float, walls: tuple[float, float]) -> None:
        """Process a picture that has arrived. ``leap`` is as in ``line.Placed``. ``walls`` are the gateway's clock as
        it is set, and as it would be if it had not been set (``Clock.wall``, ``Clock.now``), both minus its monotonic
        time, now. They only matter if ``uses_walls``.
        """
        self._kept = None
        self._walls = walls
        if leap > 0 and self._report is not None:
            self._doubt = "The camera's timestamps leapt."
        elif leap < 0:
            self._rewound = True
            if media <= self._twice_below:
                self._doubt = "The camera's timestamps leapt."
        if not self._pictures or (leap < 0 and self._report is None):
            self._growth.restart(media, arrival)
        elif leap:
            self._growth.leapt(media, arrival)
        else:
            self._growth.add(media, arrival)
        self._pictures = True
        self._highest = max(self._highest, media)
        self._media, self._arrival = media, arrival

    def sender_report(self, media: float, ntp: float, arrival: float) -> None:
        """Process a report that the camera's clock read ``ntp``, since 1970, at ``media``. Zero means that it has no
        clock."""
        if ntp <= 0:
            return
        report, last = _Report(media, ntp, arrival), self._report
        if last is not None:
            moved = report.base - last.base
            if abs(moved) > STEP:
                self._clock.restart(arrival)
                if moved > 0:  # media time may have been set back: up to here it may have run twice
                    self._twice_below = self._highest
                self._pair, self._agreed, self._jumped = None, True, True
                if self._rewound:  # the camera was not playing back: its media clock was restarted
                    self._growth.forget_older()
            elif abs(moved) > NOISE:
                self._clock.widen(moved)
        self._report = report
        self._rewound, self._doubt = False, ""
        self._compare(arrival, reported=True)

    def clock_sample(self, sample: ClockSample) -> None:
        """Process a reading of the camera's clock from the second path."""
        self._clock.add(sample)
        self._compare(sample.received, reported=False)

    def next_clock_query(self, now: float) -> float:
        """Return when to send the next query, or ``inf`` if the configuration declares the clock trusted."""
        return float("inf") if self._clock_trusted else self._clock.next_query(now)

    def offset(self, now: float) -> Interval | None:
        """Return camera clock minus gateway time, as far as it is known."""
        if self._clock_trusted:
            possible = self._possible_walls()
            return Interval(min(possible) - CONFIGURED, max(possible) + CONFIGURED, now)
        return self._clock.known(now)

    def same(self, now: float) -> bool:
        """Return True if pictures have not moved the map since this last returned False, as ``Growth.same`` says. Call
        it with every picture. Reports and readings of the camera's clock are not considered."""
        return not self.uses_walls and self._growth.same(now)

    def map(self, now: float) -> Map:
        """Return the map as it is now."""
        if self._kept is not None:
            return self._kept
        report, offset = self._report, self.offset(now)
        reason = self._why_not(now, offset)
        if reason or report is None or offset is None:
            return Map(self._growth.earliest, 0.0, False, reason)
        # Nothing arrives before it was captured: that bounds the offset, too.
        delay = self._growth.recent - report.base + offset.middle
        if (zone := zone_of(delay)) is not None:
            return Map(self._growth.earliest, 0.0, False, _ZONE.format(in_hours(zone)))
        low = max(offset.low, report.base - self._growth.recent)
        if low > offset.high + NOISE:
            return Map(self._growth.earliest, 0.0, False, "The camera's clocks put its pictures into the future.")
        low = min(low, offset.high)
        intercept = report.base - (low + offset.high) / 2
        if self._growth.recent - intercept > IMPLAUSIBLE:
            return Map(self._growth.earliest, 0.0, False, "The camera's sender reports do not carry its clock.")
        uncertainty = (offset.high - low) / 2 + DRIFT * abs(self._media - report.media) + _STAMPED
        return Map(min(intercept, self._growth.earliest), uncertainty, True, "")

    def _keep(self, at: float) -> None:
        if self._pictures and self._kept is None:
            self._kept = self.map(at)

    def _why_not(self, now: float, offset: Interval | None) -> str:
        if self._report is None:
            return _NO_REPORTS if now - self._began > REPORT_LATE else "No sender report yet."
        if self._doubt:
            return self._doubt
        if self._arrival - self._report.arrival > REPORT_LATE:
            return _REPORTS_CEASED
        if self._clock_trusted:
            undecided = offset is not None and offset.width > UNDECIDED + 2 * CONFIGURED
            return _OWN_CLOCK if undecided else ""
        if not self._agreed or (offset is None and self._jumped):
            return "The camera's clock was set."
        if offset is None:
            return "The age cannot be verified: the camera does not say what its clock reads."
        if now - self._clock.last_sample > ANSWER_LATE:
            return "The age cannot be verified: the camera has stopped saying what its clock reads."
        return ""

    def _possible_walls(self) -> tuple[float, ...]:
        """Return those of the gateway's two clocks by which pictures arrive after their capture, or the set one if
        none."""
        if self._report is None:
            return self._walls
        least = self._report.base - self._growth.recent - CONFIGURED - NOISE
        return tuple(wall for wall in self._walls if wall >= least) or self._walls[:1]

    def _compare(self, now: float, reported: bool) -> None:
        """Check that sender reports and ``Date`` read one clock. If the offset moves while the reports do not, doubt
        it.

        A report that did not step confirms an offset near the old one. It does not confirm a rough offset."""
        known = self._clock.known(now)
        if known is None or self._report is None:
            return
        pair = None if self._pair is None else self._pair.aged(now)
        self._agreed = pair is None or known.agrees(pair, max(0.0, STEP - pair.width))
        if self._agreed:
            self._jumped = False
            if pair is None or known.inside(pair) or (reported and known.width <= STEP):
                self._pair = known
