"""What a source hands on beside access units: sender reports and clock samples, and to whom. Pure types."""

from dataclasses import dataclass
from typing import Protocol

from gateway.codecs.access_unit import AccessUnit, StreamInfo


@dataclass(frozen=True, slots=True)
class SenderReport:
    """RTCP SR (RFC 3550 6.4.1): at camera time ``ntp`` (seconds since 1970) the media clock read ``rtp``."""

    rtp: int
    ntp: float
    arrival: float


@dataclass(frozen=True, slots=True)
class ClockSample:
    """The camera's ``Date`` (seconds since 1970, whole) in the answer to a request that left at ``sent`` and was
    answered at ``received``, both gateway time. The camera's clock then read something in [date, date + 1)."""

    date: float
    sent: float
    received: float


class SourceSink(Protocol):
    """Who receives what one camera stream delivers. Calls are synchronous, cheap and made from one task."""

    def connected(self, info: StreamInfo, at: float) -> None:
        """A new RTSP session plays: a new epoch of timestamps begins."""
        ...

    def access_unit(self, unit: AccessUnit) -> None:
        """One picture has arrived whole."""
        ...

    def withdraw(self) -> None:
        """The last picture was not whole after all, and decoders take no more of it: nobody is to believe what they
        see of it, or to begin with it. A keyframe comes next."""
        ...

    def sender_report(self, report: SenderReport) -> None:
        """The camera has related its media clock to its wall clock."""
        ...

    def clock_sample(self, sample: ClockSample) -> None:
        """The camera has told its wall clock on the second path."""
        ...

    def next_clock_query(self, now: float) -> float:
        """Gateway time at which asking the camera for its ``Date`` would teach most; ``inf`` for not needed."""
        ...

    def disconnected(self, at: float) -> None:
        """The RTSP session is over; another may follow."""
        ...
