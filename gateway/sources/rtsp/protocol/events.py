"""The events of an RTSP session: pure values, created by ``session``."""

from dataclasses import dataclass
from typing import NamedTuple

from gateway.sources.media import ClockSample
from gateway.sources.rtsp.protocol.sdp import Description, Medium
from gateway.sources.rtsp.protocol.transport import Transport


@dataclass(frozen=True, slots=True)
class Playing:
    """Media is flowing, or about to flow. This comes before the first ``Media``. Over UDP there is no ``Media``:
    packets arrive at the ports that were opened. ``sound`` describes what arrives as ``SoundPacket``, if anything."""

    description: Description
    transport: Transport
    sound: Medium | None = None


class Media(NamedTuple):
    """RTP packets, or RTCP packets if ``control`` is True, in the order in which they arrived."""

    control: bool
    packets: list[bytes]


class SoundPacket(NamedTuple):
    """One RTP packet of the sound."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The last RTP packet was broken: it holds a part of what the camera sent, and a part of the next packet."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A message that made no sense here was dropped."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Our TEARDOWN has been answered."""


Event = Playing | Media | SoundPacket | Broken | Unusable | Closed | ClockSample
