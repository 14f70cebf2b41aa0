"""What an RTSP session tells: pure values, made by ``protocol``."""

from dataclasses import dataclass
from typing import NamedTuple

from gateway.sources.media import ClockSample
from gateway.sources.rtsp.sdp import Description
from gateway.sources.rtsp.transport import Transport


@dataclass(frozen=True, slots=True)
class Playing:
    """Media flows, or is about to: comes before the first ``Media``. Over UDP there is no ``Media``: it comes to the
    ports that were opened."""

    description: Description
    transport: Transport


class Media(NamedTuple):
    """One RTP packet, or one RTCP packet where ``control`` is True."""

    control: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Unusable:
    """A message that makes no sense here was dropped."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Our TEARDOWN has been answered."""


Event = Playing | Media | Unusable | Closed | ClockSample
