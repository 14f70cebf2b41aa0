"""One coded picture, and a camera's own description of its stream. Pure types, no behaviour."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """The camera's description of what it sends, given once per connection. ``codec`` is the RTP encoding name: H264,
    H265 or JPEG. ``parameter_sets`` are NAL units without start codes."""

    codec: str
    clock_rate: int
    parameter_sets: tuple[bytes, ...] = ()


class AccessUnit(NamedTuple):
    """One coded picture (ITU-T H.264 7.4.1.2.3, H.265 7.4.2.4.4).

    ``nals`` are NAL units without start codes, in decoding order. A keyframe always contains the parameter sets, taken
    from the stream or from the SDP. If ``codec`` is JPEG, ``nals`` is one whole JPEG, which is always a keyframe.
    ``rtp`` is the camera's own 32-bit timestamp. ``arrival`` is the gateway time at which the last RTP packet was read.
    ``lost`` counts the RTP packets missing since the last access unit. ``recovery`` is the number of pictures after
    which a decoder that begins at this recovery point shows whole pictures, or -1 if this is not a recovery point.
    Parameter sets are present at a recovery point, too.
    """

    nals: tuple[bytes, ...]
    rtp: int
    keyframe: bool
    arrival: float
    lost: int = 0
    codec: str = "H264"
    recovery: int = -1
