"""Turns a view into coded pictures, either live or as a loop that is encoded once. For worker threads."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import cv2

from gateway.models import StreamName
from gateway.simulator.faults import Faults
from gateway.simulator.pictures import timecode
from gateway.simulator.pictures.drawing import View, as_image
from gateway.simulator.pictures.encoder import TICKS_PER_SECOND, CodedPicture, Encoder, EncoderSettings
from gateway.simulator.pictures.noise import Noise
from gateway.simulator.pictures.timecode import Image

MAIN_FPS = 15
SUB_FPS = 10
_LOOP_LENGTH = 6 * MAIN_FPS
_SIZES = {StreamName.MAIN: (640, 360), StreamName.SUB: (320, 180)}
_FPS = {StreamName.MAIN: MAIN_FPS, StreamName.SUB: SUB_FPS}
_BITRATES = {StreamName.MAIN: 500_000, StreamName.SUB: 180_000}

Wanted = Mapping[StreamName, bool]
Produced = list[tuple[StreamName, CodedPicture]]


class Pictures(Protocol):
    """Supplies coded pictures. Only one thread at a time calls ``produce``."""

    def produce(self, tick: int, wanted: Wanted) -> Produced:
        """Return what leaves at capture time ``tick / MAIN_FPS`` for the ``wanted`` streams. A true value asks for a
        keyframe.

        The substream skips every third tick, which leaves 10 pictures per second.
        """
        ...


def encoder_settings(stream: StreamName, gop: float, faults: Faults) -> EncoderSettings:
    """Return the settings of a stream. ``gop`` is the camera's own number of seconds between keyframes."""
    width, height = (2 * round(side * faults.scale / 2) for side in _SIZES[stream])
    asked = faults.bitrate if stream is StreamName.MAIN else None
    return EncoderSettings(
        width=width,
        height=height,
        fps=_FPS[stream],
        bitrate=_BITRATES[stream] if asked is None else asked,
        gop=gop if faults.gop is None else faults.gop,
        b_frames=faults.b_frames,
        refresh=faults.refresh,
    )


class LivePictures:
    """Draws the view once per tick and encodes it for each wanted stream.

    ``frozen_at`` is the capture time of a picture to repeat; it may be set at any time. ``clock_offset`` is how far the
    written clock is ahead. ``noise`` is as in ``Faults``.
    """

    def __init__(
        self,
        view: View,
        settings: Mapping[StreamName, EncoderSettings],
        frozen_at: float | None = None,
        clock_offset: float = 0.0,
        noise: float = 0.0,
    ) -> None:
        self._view = view
        self._settings = settings
        self.frozen_at = frozen_at
        self._clock_offset = clock_offset
        self._noise = Noise(noise) if noise else None
        self._encoders: dict[StreamName, Encoder] = {}
        self._owe_keyframe: set[StreamName] = set()

    def produce(self, tick: int, wanted: Wanted) -> Produced:
        """Draw and encode one tick. A new encoder begins with a keyframe in any case."""
        self._owe_keyframe.update(stream for stream, keyframe in wanted.items() if keyframe)
        due = [stream for stream in wanted if _due(stream, tick)]
        if not due:
            return []
        frozen_at = self.frozen_at
        time = tick / MAIN_FPS if frozen_at is None else frozen_at
        image = self._view.draw(time, time + self._clock_offset)
        if self._noise is not None:
            image = self._noise.over(image, tick)
        timecode.draw(image, round(time * 1000))
        produced: Produced = []
        for stream in due:
            settings = self._settings[stream]
            encoder = self._encoders.get(stream)
            if encoder is None:
                encoder = self._encoders[stream] = Encoder(settings)
            keyframe = stream in self._owe_keyframe
            self._owe_keyframe.discard(stream)
            coded = encoder.encode(_fit(image, settings), _ticks(tick), keyframe=keyframe)
            produced += [(stream, picture) for picture in coded]
        return produced


class LoopPictures:
    """Repeats the same few seconds with running capture times. The picture has no time code and shows no time."""

    def __init__(self, view: View, settings: Mapping[StreamName, EncoderSettings]) -> None:
        self._view = view
        self._settings = settings
        self._coded: dict[StreamName, dict[int, CodedPicture]] = {}

    def produce(self, tick: int, wanted: Wanted) -> Produced:
        """Return the next pictures of the loop. A stream's loop is encoded when it is first wanted."""
        produced: Produced = []
        for stream in wanted:
            if stream not in self._coded:
                self._coded[stream] = self._encode(stream)
            coded = self._coded[stream].get(tick % _LOOP_LENGTH)
            if coded is not None:
                produced.append((stream, replace(coded, ticks=_ticks(tick))))
        return produced

    def _encode(self, stream: StreamName) -> dict[int, CodedPicture]:
        encoder = Encoder(self._settings[stream])
        coded = {}
        for number in range(_LOOP_LENGTH):
            if _due(stream, number):
                image = _fit(self._view.draw(number / MAIN_FPS, None), self._settings[stream])
                (coded[number],) = encoder.encode(image, _ticks(number))
        return coded


def _due(stream: StreamName, tick: int) -> bool:
    return stream is StreamName.MAIN or tick % 3 != 2


def _ticks(tick: int) -> int:
    return tick * TICKS_PER_SECOND // MAIN_FPS


def _fit(image: Image, settings: EncoderSettings) -> Image:
    if image.shape[:2] == (settings.height, settings.width):
        return image
    return as_image(cv2.resize(image, (settings.width, settings.height), interpolation=cv2.INTER_AREA))
