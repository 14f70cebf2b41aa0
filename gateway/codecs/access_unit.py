"""One coded picture, and a camera's own description of its stream. Pure types, no behaviour."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """The camera's description of what it sends, once for each connection. ``codec`` is the RTP encoding name: H264,
    H265 or JPEG. ``parameter_sets`` are NAL units without start codes."""

    codec: str
    clock_rate: int
    parameter_sets: tuple[bytes, ...] = ()


class AccessUnit(NamedTuple):
    """One coded picture (ITU-T H.264 7.4.1.2.3, H.265 7.4.2.4.4).

    ``nals`` are NAL units without start codes, in decoding order; in a keyframe the parameter sets are always
    present, from the stream or from the SDP. With ``codec`` JPEG it is one whole JPEG, and always a keyframe. ``rtp``
    is the camera's own 32-bit timestamp. ``arrival`` is gateway time at which its last RTP packet was read. ``lost``
    counts RTP packets missing since the last access unit. ``recovery``: a decoder that begins here, at a recovery
    point, shows whole pictures after so many more; -1 if it is none. Parameter sets are present there, too.
    """

    nals: tuple[bytes, ...]
    rtp: int
    keyframe: bool
    arrival: float
    lost: int = 0
    codec: str = "H264"
    recovery: int = -1
