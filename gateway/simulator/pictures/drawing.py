"""Draws a camera's picture: its scene, its name, and the time on its own clock."""

from datetime import UTC, datetime
from zlib import crc32

import cv2
import numpy as np

from gateway.simulator.pictures.scenes import scene_for
from gateway.simulator.pictures.shapes import HEIGHT, WIDTH, Colour
from gateway.simulator.pictures.timecode import Image

_BANNER = 30
_WHITE: Colour = (255, 255, 255)
_GREY: Colour = (190, 190, 190)
LOOP_WORDS = "drawn film, no clock"
"""Shown in place of the time in a film that repeats. Only the page says how old a picture is, so the words and colours
of its tiles must not appear inside a picture."""
_FONT = cv2.FONT_HERSHEY_DUPLEX
_FINER = 2  # backgrounds are drawn once at this multiple of their size and scaled down, for smooth edges


def as_image(pixels: object) -> Image:
    """Restore the type of an image that OpenCV returns."""
    return np.asarray(pixels, dtype=np.uint8)


class View:
    """One camera's view, which depends only on time. The camera's id decides which people it shows and from which side,
    so that two cameras in similar places differ."""

    def __init__(self, camera_id: str, name: str) -> None:
        self.name = name
        self._scene = scene_for(camera_id, name)
        variant = crc32(camera_id.encode())
        self._mirrored = bool(variant & 1)
        self._ahead = variant % 600
        self._written: tuple[str, Image] = ("", np.zeros((_BANNER, WIDTH, 3), dtype=np.uint8))
        large = np.zeros((HEIGHT * _FINER, WIDTH * _FINER, 3), dtype=np.uint8)
        self._scene.still(large)
        self._background = as_image(cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))

    def draw(self, time: float, shown: float | None) -> Image:
        """Return the picture (360 x 640 x 3, BGR) at ``time`` with the time ``shown`` written into it. None marks a
        loop."""
        image = self._background.copy()
        self._scene.move(image, time + self._ahead)
        if self._mirrored:
            image = as_image(cv2.flip(image, 1))
        if shown is None:
            image[:_BANNER] = self._banner(LOOP_WORDS, _GREY)
        else:
            image[:_BANNER] = self._banner(datetime.fromtimestamp(shown, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"), _WHITE)
        return image

    def _banner(self, text: str, colour: Colour) -> Image:
        """Write the name and ``text`` into the image. The result is kept, since letters cost more than the rest of the
        picture."""
        if self._written[0] != text:
            banner = np.full((_BANNER, WIDTH, 3), 48, dtype=np.uint8)
            _write(banner, self.name, _WHITE)
            _write(banner, text, colour, right=True)
            self._written = text, banner
        return self._written[1]


def _write(image: Image, text: str, colour: Colour, *, right: bool = False) -> None:
    (width, _), _ = cv2.getTextSize(text, _FONT, 0.5, 1)
    cv2.putText(image, text, (WIDTH - 10 - width if right else 10, 20), _FONT, 0.5, colour, 1, cv2.LINE_AA)
