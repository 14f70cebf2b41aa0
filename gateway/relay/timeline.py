"""From media time to capture time, and whether it may be believed (docs/age.md). Pure.

**The map.** A sender report says what the camera's clock read at a media time; ``CameraClock`` says how far that clock
is from ours: ``capture = media + intercept``. Between reports the media clock runs at its nominal rate: reports are 5 s
apart and jitter by some 10 ms, so a rate fitted to two of them would be wrong by 4000 ppm, where quartz is by 100.

**Growth.** Arrival less media time, against its running minimum (which rises by ``DRIFT``, for a media clock that is
slow), needs no clock at all. No picture is dated later than that line has it, whatever the reports say.

**Trust** needs both paths, and both to tell one story: a step of the reports against the media clock makes the offset
unknown until an answer to a question asked *after* it; a step of the offset alone is not believed until the reports
show it too; a media time that leaps ahead waits for the next report, while one that leaps back is taken at its word,
as a recorder that plays back, since that can only make pictures older. Not so where media time was set back before:
what it leaps back to may be of the time before that, older than it says by as much as was set. That waits, too.

Where sender reports and the second path are a time zone apart (``sources.time_zone``), the camera gives local time on
one of them, or the stream is late by just as much. They cannot tell which: such an age is not trusted.

A clock that the configuration vouches for is compared with the gateway's own. That one may be set while the gateway
runs, rightly or wrongly, and by one of the two times a late picture may look live. Where both are possible, nobody can
tell; but the one by which pictures would have arrived before they were captured is wrong.

While trusted, no picture is older than ``now - capture + uncertainty`` by more than ``SLACK``, whatever becomes of
delay, clock and media time. Only a clock that is set by less than ``2 * STEP`` while reports are held up uses it. Two
things nothing can tell until the next report: a recorder that goes back to before its media clock was set back, just
as far as that was (its timestamps go on as if nothing had been); and a media clock that is set ahead by less than
``line.LEAP`` while pictures are later than that, which looks like a stream that catches up.
"""

from dataclasses import dataclass
from typing import NamedTuple

from gateway.relay.camera_clock import CameraClock
from gateway.rtp.clocks import DRIFT, Interval, RunningMinimum
from gateway.sources.media import ClockSample
from gateway.sources.observing.time_zone import in_hours, zone_of

STEP = 0.2  # seconds by which a report may differ from the last, before a clock was set
NOISE = 0.05  # seconds by which reports differ because cameras stamp them carelessly
SLACK = 2 * STEP + NOISE
REPORT_LATE = 30.0
ANSWER_LATE = 120.0
CONFIGURED = 0.05  # seconds, either way, that ``clock: trusted`` is taken to mean
UNDECIDED = 1.0  # seconds by which the gateway's own clock may have been set before no age is believed by it
IMPLAUSIBLE = 86_400.0
_STAMPED = 0.005
_NO_REPORTS = "The age cannot be verified: the camera does not say when its pictures were taken (no sender reports)."
_REPORTS_CEASED = "The age cannot be verified: the camera no longer says when its pictures were taken (sender reports)."
_ZONE = (
    "The age cannot be verified: the camera's two clocks are {} apart, as if one told local time. Set its time zone."
)
_OWN_CLOCK = "The age cannot be verified: the gateway's own clock was set while it ran."
_RECENT = 0.1  # seconds a second at which the recent minimum gives way


class Map(NamedTuple):
    """``capture = media + intercept``, give or take ``uncertainty``; gateway time, seconds.

    Not ``trusted``: for ``reason``, and ``capture`` is the latest that arrivals allow.
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
    """Media time of one camera stream to gateway time. All arguments are seconds; media time is unwrapped."""

    def __init__(self, clock_trusted: bool = False) -> None:
        self._clock_trusted = clock_trusted
        self._clock = CameraClock()
        self._walls = (0.0, 0.0)
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
        self._earliest, self._recent = RunningMinimum(), RunningMinimum(_RECENT)

    def connected(self, at: float) -> None:
        """A new session's media time begins. What its handshake told of the clock stays."""
        self._keep(at)
        self._began = at
        self._report = self._pair = None
        self._agreed, self._jumped, self._doubt = True, False, ""
        self._rewound = self._pictures = False
        self._highest = self._twice_below = float("-inf")

    def disconnected(self, at: float) -> None:
        """The session is over. Its pictures keep their map until the next one's first; the camera's clock is measured
        anew, for it may have been restarted."""
        self._keep(at)
        self._clock.restart(float("-inf"))

    def picture(self, media: float, arrival: float, leap: float, walls: tuple[float, float]) -> None:
        """One picture has arrived. ``leap`` as in ``line.Placed``; ``walls`` are the gateway's clock as it is set, and
        as it would be had nobody set it (``Clock.wall``, ``Clock.now``), both less its monotonic time, now."""
        self._kept = None
        self._walls = walls
        if leap > 0 and self._report is not None:
            self._doubt = "The camera's timestamps leapt."
        elif leap < 0:
            self._rewound = True
            if media <= self._twice_below:
                self._doubt = "The camera's timestamps leapt."
        passed, line = arrival - self._arrival, arrival - media
        if not self._pictures or (leap < 0 and self._report is None):
            self._earliest.restart(line)
            self._recent.restart(line)
        else:
            self._earliest.add(line, passed)
            if leap:
                self._recent.restart(line)
            else:
                self._recent.add(line, passed)
        self._pictures = True
        self._highest = max(self._highest, media)
        self._media, self._arrival = media, arrival

    def sender_report(self, media: float, ntp: float, arrival: float) -> None:
        """At ``media`` the camera's clock read ``ntp``, since 1970. Zero on the wire means that it has none."""
        if ntp <= 0:
            return
        report, last = _Report(media, ntp, arrival), self._report
        if last is not None:
            moved = report.base - last.base
            if abs(moved) > STEP:
                self._clock.restart(arrival)
                if moved > 0:  # media time may have been set back: so far it has been gone through twice
                    self._twice_below = self._highest
                self._pair, self._agreed, self._jumped = None, True, True
                if self._rewound:  # it did not play back: its media clock began anew
                    self._earliest.restart(self._recent.value)
            elif abs(moved) > NOISE:
                self._clock.widen(moved)
        self._report = report
        self._rewound, self._doubt = False, ""
        self._compare(arrival, reported=True)

    def clock_sample(self, sample: ClockSample) -> None:
        """The camera told its clock on the second path."""
        self._clock.add(sample)
        self._compare(sample.received, reported=False)

    def next_clock_query(self, now: float) -> float:
        """When to ask next; ``inf`` where the configuration vouches for the clock."""
        return float("inf") if self._clock_trusted else self._clock.next_query(now)

    def offset(self, now: float) -> Interval | None:
        """Camera clock less gateway time, as far as it is known."""
        if self._clock_trusted:
            possible = self._possible_walls()
            return Interval(min(possible) - CONFIGURED, max(possible) + CONFIGURED, now)
        return self._clock.known(now)

    def map(self, now: float) -> Map:
        """The map as it stands."""
        if self._kept is not None:
            return self._kept
        report, offset = self._report, self.offset(now)
        reason = self._why_not(now, offset)
        if reason or report is None or offset is None:
            return Map(self._earliest.value, 0.0, False, reason)
        # Nothing arrives before it was captured: that bounds the offset, too.
        delay = self._recent.value - report.base + offset.middle
        if (zone := zone_of(delay)) is not None:
            return Map(self._earliest.value, 0.0, False, _ZONE.format(in_hours(zone)))
        low = max(offset.low, report.base - self._recent.value)
        if low > offset.high + NOISE:
            return Map(self._earliest.value, 0.0, False, "The camera's clocks put its pictures into the future.")
        low = min(low, offset.high)
        intercept = report.base - (low + offset.high) / 2
        if self._recent.value - intercept > IMPLAUSIBLE:
            return Map(self._earliest.value, 0.0, False, "The camera's sender reports do not carry its clock.")
        uncertainty = (offset.high - low) / 2 + DRIFT * abs(self._media - report.media) + _STAMPED
        return Map(min(intercept, self._earliest.value), uncertainty, True, "")

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
        if not self._agreed:
            return "The camera's clock was set."
        if offset is None:
            if self._jumped:
                return "The camera's clock was set."
            return "The age cannot be verified: the camera does not tell what its clock reads."
        if now - self._clock.last_sample > ANSWER_LATE:
            return "The age cannot be verified: the camera has stopped telling what its clock reads."
        return ""

    def _possible_walls(self) -> tuple[float, ...]:
        """Those of the gateway's two clocks by which pictures arrive after their capture; the one as set, if none."""
        if self._report is None:
            return self._walls
        least = self._report.base - self._recent.value - CONFIGURED - NOISE
        return tuple(wall for wall in self._walls if wall >= least) or self._walls[:1]

    def _compare(self, now: float, reported: bool) -> None:
        """Sender reports and ``Date`` must read one clock: an offset that moves while reports do not is doubted.

        A report that did not step confirms an offset near the old one; a rough offset is not confirmed by it."""
        known = self._clock.known(now)
        if known is None or self._report is None:
            return
        pair = None if self._pair is None else self._pair.aged(now)
        self._agreed = pair is None or known.agrees(pair, max(0.0, STEP - pair.width))
        if self._agreed:
            self._jumped = False
            if pair is None or known.inside(pair) or (reported and known.width <= STEP):
                self._pair = known
