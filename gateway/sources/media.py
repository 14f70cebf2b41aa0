"""What a source hands on: access units, sender reports and clock samples. Pure types, no behaviour."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What the camera said that it sends, once a connection. ``codec`` is the RTP encoding name: H264, H265 or JPEG.
    ``parameter_sets`` are NAL units without start codes."""

    codec: str
    clock_rate: int
    parameter_sets: tuple[bytes, ...] = ()


class AccessUnit(NamedTuple):
    """One coded picture (ITU-T H.264 7.4.1.2.3, H.265 7.4.2.4.4).

    ``nals`` are NAL units without start codes, in decoding order; in a keyframe the parameter sets are always
    present, from the stream or from the SDP. With ``codec`` JPEG it is one whole JPEG, and always a keyframe. ``rtp``
    is the camera's own 32-bit timestamp. ``arrival`` is gateway time at which its last RTP packet was read. ``lost``
    counts RTP packets missing since the last access unit.
    """

    nals: tuple[bytes, ...]
    rtp: int
    keyframe: bool
    arrival: float
    lost: int = 0
    codec: str = "H264"


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
