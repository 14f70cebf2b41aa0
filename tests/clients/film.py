"""A camera with two streams and sound, played into the relay in real time, that can be restarted."""

import asyncio
import functools
import math
from fractions import Fraction

import av
import numpy as np

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.relay.audio import AudioStream
from gateway.relay.camera_stream import CameraStream
from gateway.sources.receiving.sound import Sound

FPS = 15
GOP = 15
MAIN, SUB = (640, 360), (320, 180)
HERTZ = 440
_SECOND = 8000


@functools.cache
def film(size: tuple[int, int], noise: int, frames: int = 3 * GOP) -> tuple[tuple[bytes, ...], ...]:
    """Return the NAL units of each access unit of a short constrained-baseline film. A GOP starts with a keyframe."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, FPS)
    encoder.framerate = Fraction(FPS)
    encoder.gop_size = GOP
    encoder.profile = "Baseline"
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "repeat-headers=1:scenecut=0"}
    random = np.random.default_rng(1)
    units: list[bytes] = []
    for number in range(frames):
        picture = np.full((size[1], size[0], 3), 60 + 2 * number, np.uint8)
        picture += random.integers(0, noise + 1, picture.shape, np.uint8)
        picture[40:80, 4 * number : 4 * number + 40] = 220
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame.pts = number
        units += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(_nals(unit) for unit in units)


def _nals(unit: bytes) -> tuple[bytes, ...]:
    return tuple(nal for nal in unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if nal)


@functools.cache
def tone() -> bytes:
    """Return a second of a tone of HERTZ in G.711 mu-law."""
    encoder = av.CodecContext.create("pcm_mulaw", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = _SECOND, "mono", "s16"
    wave = [round(9000 * math.sin(2 * math.pi * HERTZ * at / _SECOND)) for at in range(_SECOND)]
    frame = av.AudioFrame.from_ndarray(np.array([wave], np.int16), "s16", "mono")
    frame.sample_rate = _SECOND
    return b"".join(bytes(packet) for packet in encoder.encode(frame))


class Camera:
    """Plays its film again and again: a large one in its main stream, a small one in its substream."""

    def __init__(self, main: CameraStream, sub: CameraStream, sound: AudioStream | None, clock: Clock) -> None:
        self.main = main
        self._streams = ((main, film(MAIN, 12)), (sub, film(SUB, 4)))
        self._sound = sound
        self._clock = clock
        self._away = False
        self._shown = 0
        self._stamp = 1_000_000
        self._begin()

    async def run(self) -> None:
        """Play in real time, until cancelled."""
        while True:
            if not self._away:
                self._show()
            await asyncio.sleep(1 / FPS)

    async def restart(self, away: float) -> None:
        """Show nothing for ``away`` seconds, then begin again with other timestamps."""
        self._away = True
        await asyncio.sleep(away)
        self._stamp, self._shown, self._away = 3_900_000_000, 0, False
        self._begin()

    def _begin(self) -> None:
        now = self._clock.monotonic()
        for stream, _ in self._streams:
            stream.connected(StreamInfo("H264", 90_000), now)
        if self._sound is not None:
            self._sound.began("PCMU")

    def _show(self) -> None:
        now = self._clock.monotonic()
        stamp = (self._stamp + self._shown * 90_000 // FPS) % 2**32
        for stream, units in self._streams:
            nals = units[self._shown % len(units)]
            keyframe = any(nal[0] & 31 == 5 for nal in nals)
            stream.access_unit(AccessUnit(nals, stamp, keyframe, now))
        if self._sound is not None:
            begin, end = (number * _SECOND // FPS for number in (self._shown, self._shown + 1))
            samples = tone()[begin % _SECOND : (end - 1) % _SECOND + 1]
            self._sound.heard(Sound(samples, begin, now))
        self._shown += 1
