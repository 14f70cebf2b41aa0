"""Holds what the reception of one stream has counted, and says why no picture is passed on. Pure."""

from gateway.codecs.access_unit import StreamInfo
from gateway.codecs.registry import depacketizer_of
from gateway.codecs.sequence_parameters import SequenceParameters
from gateway.codecs.unused import Unused


class Figures:
    """The figures of one RTP stream. ``packets``, ``octets`` (of payload), ``lost`` and ``units`` only grow."""

    def __init__(self, info: StreamInfo) -> None:
        self.packets = 0
        self.octets = 0
        self.lost = 0
        self.malformed_rtp = 0
        self.malformed_rtcp = 0
        self._info = info
        self._packets_of_last_picture = 0
        self._foreign = False
        self._depacketizer = depacketizer_of(info)

    @property
    def units(self) -> int:
        """Return the number of pictures that have ended, whether passed on or not."""
        return self._depacketizer.seen

    @property
    def dropped(self) -> int:
        """Return the number of pictures that were not passed on because they could not be decoded."""
        return self._depacketizer.dropped

    @property
    def passed(self) -> int:
        """Return the number of pictures that were passed on."""
        return self._depacketizer.seen - self._depacketizer.dropped

    @property
    def received(self) -> int:
        """Return the number of RTP packets, useful or not."""
        return self.packets + self.malformed_rtp

    @property
    def unused(self) -> Unused:
        """Return the reason why packets arrive but no picture is passed on."""
        depacketizer = self._depacketizer
        if self.packets > self._packets_of_last_picture:
            return max(depacketizer.unused, Unused.NO_PICTURE)
        return Unused.FOREIGN_PACKETS if self._foreign else Unused.NOT_RTP

    @property
    def codec(self) -> str:
        """Return the RTP encoding name of what the camera sends."""
        return self._info.codec

    @property
    def picture(self) -> SequenceParameters | None:
        """Return the description of the pictures in the newest parameter set."""
        return self._depacketizer.picture

    @property
    def malformed_payloads(self) -> int:
        """Return the number of packets whose content was useless."""
        return self._depacketizer.malformed
