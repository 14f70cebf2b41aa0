"""From media time to capture time, and whether it may be believed (the age contract). Pure."""

from dataclasses import dataclass

from gateway.sources.media import ClockSample


@dataclass(frozen=True, slots=True)
class Map:
    """``capture = media + intercept``, give or take ``uncertainty``; gateway time, seconds."""

    intercept: float
    uncertainty: float
    trusted: bool
    reason: str


class Timeline:
    """Media time of one camera stream to gateway time."""

    def __init__(self, clock_trusted: bool) -> None:
        self._clock_trusted = clock_trusted
        self._earliest = 0.0

    def connected(self, at: float) -> None:
        """A new RTSP session plays."""
        self._earliest = float("inf")

    def disconnected(self) -> None:
        """The RTSP session is over."""

    def picture(self, media: float, arrival: float, leap: float) -> None:
        """One picture has arrived."""
        self._earliest = min(self._earliest, arrival - media)

    def sender_report(self, media: float, ntp: float, arrival: float) -> None:
        """The camera related its clocks."""

    def clock_sample(self, sample: ClockSample) -> None:
        """The camera told its wall clock."""

    def next_clock_query(self, now: float) -> float:
        """When to ask next."""
        return float("inf")

    def map(self, now: float, wall: float) -> Map:
        """The map as it stands."""
        return Map(self._earliest, 0.0, False, "no sender report yet")
