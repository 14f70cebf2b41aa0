"""The depacketizer and the packetizer of each codec. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.depacketizer import Depacketizer
from gateway.codecs.h264.packetizer import packetize
from gateway.codecs.h264.syntax import H264Depacketizer
from gateway.codecs.h265.packetizer import packetize_h265
from gateway.codecs.h265.syntax import H265Depacketizer
from gateway.codecs.jpeg.depacketizer import JpegDepacketizer
from gateway.codecs.nal.syntax import NalSyntax
from gateway.codecs.names import H264, H265

# Access unit delimiters and filler data (H.264 7.4.1, H.265 7.4.2.2) mean nothing over RTP.
_NO_NEWS_H264 = frozenset({9, 12})
_NO_NEWS_H265 = frozenset({35, 38})

SYNTAXES: Mapping[str, NalSyntax] = MappingProxyType({H264: H264Depacketizer.syntax, H265: H265Depacketizer.syntax})
"""The syntax of each codec that is made of NAL units."""


def depacketizer_of(info: StreamInfo) -> Depacketizer:
    """Return a new depacketizer for the codec that a camera announced."""
    match info.codec:
        case "H265":
            return H265Depacketizer(info.parameter_sets)
        case "JPEG":
            return JpegDepacketizer()
    return H264Depacketizer(info.parameter_sets)


PLAYED = frozenset({H264, H265})
"""Codecs that browsers play. For other codecs there are no payloads."""


def payloads_of(unit: AccessUnit) -> tuple[bytes, ...]:
    """Return the RTP payloads of a picture, or none if browsers do not play its codec."""
    if unit.codec == H264:
        if len(unit.nals) == 1:  # the picture itself
            return packetize(unit.nals)
        return packetize([nal for nal in unit.nals if nal and nal[0] & 0x1F not in _NO_NEWS_H264])
    if unit.codec == H265:
        return packetize_h265([nal for nal in unit.nals if nal and nal[0] >> 1 & 0x3F not in _NO_NEWS_H265])
    return ()
