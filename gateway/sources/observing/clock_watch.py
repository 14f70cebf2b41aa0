"""Tells district IT that a camera's clock is wrong, or that it was set. Pure.

``relay.timeline`` measures the same clock much more finely, to date pictures. This module only reports problems that
somebody has to fix.
"""

from gateway.rtp.clocks import Interval
from gateway.sources.media import ClockSample
from gateway.sources.observing.time_zone import in_hours, zone_of

WRONG = 2.0
"""Seconds by which a clock may be off before that is worth a note. A ``Date`` has whole seconds."""
REMEMBERED = 600.0
_SLACK = 0.5
_UNITS = ((86_400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


class ClockWatch:
    """Receives every ``Date`` of one camera stream, across all its connections. ``jumps`` counts how often its clock
    was set.
    """

    def __init__(self) -> None:
        self.jumps = 0
        self._known: Interval | None = None
        self._ahead = 0.0
        self._said = 0.0
        self._jump: tuple[float, float] | None = None

    def sample(self, sample: ClockSample, wall: float) -> None:
        """Process one answer. ``wall`` is the gateway's wall clock minus gateway time, now. Two answers that disagree
        about the camera's clock mean that the clock was set."""
        told, before = Interval.of_answer(sample.date, sample.sent, sample.received), self._known
        if before is not None and not told.agrees(before.aged(told.at), _SLACK):
            self.jumps += 1
            self._jump = (told.at, told.middle - before.middle)
        self._known = told
        self._ahead = max(told.low - wall, min(0.0, told.high - wall))
        middle = told.middle - wall
        if abs(middle - self._said) > 1.0:
            self._said = middle

    def notes(self, now: float) -> tuple[str, ...]:
        """Return notes for district IT. A figure is updated only when it has changed by more than a second."""
        found = []
        if self._known is not None and abs(self._ahead) > WRONG:
            zone = zone_of(self._said)
            words = "fast" if self._ahead > 0 else "slow"
            if zone is None:
                words = f"is {_duration(self._said)} {words}: make it follow a time server (NTP)."
            else:
                side = "ahead of" if zone > 0 else "behind"
                words = f"is {in_hours(zone)} {side} UTC: it seems to give local time. Set its time zone."
            found.append(f"The camera's clock {words}")
        if self._jump is not None and now - self._jump[0] < REMEMBERED:
            words = "ahead" if self._jump[1] > 0 else "back"
            found.append(f"The camera's clock was set {words} by {_duration(self._jump[1])}.")
        return tuple(found)


def _duration(seconds: float) -> str:
    size, unit = next((size, unit) for size, unit in _UNITS if abs(seconds) >= 2 * size or unit == "s")
    return f"{abs(seconds) / size:.0f} {unit}"
