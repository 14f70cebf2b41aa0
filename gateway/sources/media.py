"""The types that a source passes on besides access units, and the protocol of their receiver. Pure types."""

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
    """The camera's ``Date`` (seconds since 1970, whole) in the answer to a request that was sent at ``sent`` and
    answered at ``received``, both in gateway time. Between the two the camera's clock read something in [date, date +
    1)."""

    date: float
    sent: float
    received: float


class SourceSink(Protocol):
    """Receives what one camera stream delivers. Calls are synchronous, cheap and made from one task."""

    def connected(self, info: StreamInfo, at: float) -> None:
        """Begin a new epoch of timestamps: a new RTSP session is playing."""
        ...

    def access_unit(self, unit: AccessUnit) -> None:
        """Process one complete picture."""
        ...

    def withdraw(self) -> None:
        """Withdraw the last picture: it turned out to be incomplete, and it is too late to add to it. Viewers must
        neither trust what they see of it nor begin with it. A keyframe comes next.
        """
        ...

    def sender_report(self, report: SenderReport) -> None:
        """Process the camera's media time and wall-clock time at one moment."""
        ...

    def clock_sample(self, sample: ClockSample) -> None:
        """Process the camera's wall-clock time from a ``Date`` header, the second path."""
        ...

    def next_clock_query(self, now: float) -> float:
        """Return the gateway time at which the camera's ``Date`` would be most informative, or ``inf`` if there is no
        need to ask."""
        ...

    def disconnected(self, at: float) -> None:
        """End the epoch: the RTSP session is over. Another may follow."""
        ...
