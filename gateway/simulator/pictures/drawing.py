"""What a camera sees: its scene, its name, and the time that it believes it is."""

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
"""What stands in place of the time in a film that is shown over again. How old a picture is, only the page says: words
and colours of its tiles have no place inside a picture."""
_FONT = cv2.FONT_HERSHEY_DUPLEX
_FINER = 2  # backgrounds are drawn so many times larger, once, and scaled down: smooth edges


def as_image(pixels: object) -> Image:
    """Give what OpenCV returns its type back."""
    return np.asarray(pixels, dtype=np.uint8)


class View:
    """One camera's view: a function of time alone. Two cameras in like places see different people, or from the
    other side: both follow from the id."""

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
        """Return the picture (360 x 640 x 3, BGR) at ``time``, ``shown`` written into it; None marks a loop."""
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
        """Write the name and ``text``, once a text: letters cost more than the rest of the picture."""
        if self._written[0] != text:
            banner = np.full((_BANNER, WIDTH, 3), 48, dtype=np.uint8)
            _write(banner, self.name, _WHITE)
            _write(banner, text, colour, right=True)
            self._written = text, banner
        return self._written[1]


def _write(image: Image, text: str, colour: Colour, *, right: bool = False) -> None:
    (width, _), _ = cv2.getTextSize(text, _FONT, 0.5, 1)
    cv2.putText(image, text, (WIDTH - 10 - width if right else 10, 20), _FONT, 0.5, colour, 1, cv2.LINE_AA)
