"""Receives G.711 sound over RTP (RFC 3551 4.5.14): one byte per sample, 8000 per second. Pure: packets in, sink calls
out."""

from dataclasses import dataclass
from typing import Protocol

from gateway.errors import Malformed
from gateway.rtp.packet import Numbering, Padding, parse_rtp
from gateway.sources.rtsp.protocol.sdp import Medium

LONGEST = 960
"""The most samples passed on in one payload, 120 ms: some cameras send a second in one packet."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Some samples. ``rtp`` is the camera's own 32-bit timestamp, in samples; ``arrival`` is gateway time."""

    samples: bytes
    rtp: int
    arrival: float


class SoundSink(Protocol):
    """Receives the sound of one camera stream. Calls are synchronous, cheap and made from one task."""

    def began(self, codec: str) -> None:
        """Begin with a new session, or a new source in it, whose timestamps are unrelated to the earlier ones.
        ``codec`` is PCMU or PCMA."""
        ...

    def heard(self, sound: Sound) -> None:
        """Process the next samples. Lost packets leave a gap in the timestamps."""
        ...


class SoundReception:
    """Passes on to ``sink`` what one RTP stream delivers. ``malformed`` counts useless packets."""

    def __init__(self, medium: Medium, sink: SoundSink) -> None:
        self.malformed = 0
        self._medium = medium
        self._sink = sink
        self._ssrc: int | None = None
        self._numbering = Numbering()
        self._padding = Padding()

    def rtp(self, data: bytes, now: float) -> None:
        """Process one RTP packet. A late one is dropped."""
        try:
            packet = parse_rtp(data, self._padding)
            if packet.payload_type != self._medium.payload_type:
                raise Malformed("RTP payload type that was not agreed on")  # noqa: TRY301 - counted in one place
        except Malformed:
            self.malformed += 1
            return
        if packet.ssrc != self._ssrc:
            self._ssrc, self._numbering = packet.ssrc, Numbering()
            self._sink.began(self._medium.info.codec)
        if self._numbering.count(packet.sequence) >= 0 and packet.payload:
            self._sink.heard(Sound(packet.payload, packet.timestamp, now))
