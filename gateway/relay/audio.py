"""Relays one camera's sound to many listeners: RTP payloads whose timestamps continue across the camera's reconnects.

It is the ``SoundSink`` of a camera whose configuration turns sound on. Nothing is kept, since past sound is of no use.
Pure, except for its counters.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId
from gateway.rtp.time import WRAP, unwrap
from gateway.sources.receiving.sound import LONGEST, Sound

RATE = 8000


@dataclass(frozen=True, slots=True)
class AudioPacket:
    """One RTP payload of at most ``LONGEST`` bytes. ``rtp`` is in samples, with 32 bits, on the timeline of listeners;
    ``arrival`` is gateway time."""

    payload: bytes
    rtp: int
    arrival: float


class AudioStream:
    """Sends one camera's sound to its listeners. ``codec`` is PCMU or PCMA, or "" while none is known."""

    def __init__(self, camera_id: CameraId, metrics: Metrics) -> None:
        self.camera_id = camera_id
        self.codec = ""
        self._listeners: Listeners[AudioPacket] = Listeners("relay_listener", metrics)
        self._media: int | None = None
        self._offset = 0
        self._next = 0

    @property
    def listeners(self) -> int:
        """Return the number of listeners."""
        return len(self._listeners)

    def subscribe(self, deliver: Callable[[AudioPacket], None]) -> Callable[[], None]:
        """Call ``deliver`` with every packet that arrives from now on, until the returned function is called."""
        return self._listeners.add(deliver)

    def began(self, codec: str) -> None:
        """Begin with a new source, whose timestamps are mapped to gateway time again."""
        self.codec = codec
        self._media = None

    def heard(self, sound: Sound) -> None:
        """Pass on the next samples. Their timestamp is never earlier than that of the samples before them."""
        if self._media is None:
            self._media = sound.rtp
            self._offset = max(round(sound.arrival * RATE), self._next) - sound.rtp
        self._media = unwrap(sound.rtp, self._media)
        start = max(self._media + self._offset, self._next)
        for at in range(0, len(sound.samples), LONGEST):
            payload = sound.samples[at : at + LONGEST]
            self._listeners.tell(AudioPacket(payload, (start + at) % WRAP, sound.arrival))
        self._next = start + len(sound.samples)
