"""What a camera sees: a schematic scene with somebody or something moving, its name, and the time."""

from datetime import UTC, datetime
from math import pi, sin

import cv2
import numpy as np

from gateway.sources.simulated.timecode import Image

WIDTH, HEIGHT = 640, 360


def as_image(pixels: object) -> Image:
    """Give what OpenCV returns its type back."""
    return np.asarray(pixels, dtype=np.uint8)


class View:
    """One camera's view. ``draw`` is a function of time alone."""

    def __init__(self, camera_id: str, name: str) -> None:
        self.name = name
        self._background = np.full((HEIGHT, WIDTH, 3), (150, 160, 165), dtype=np.uint8)
        cv2.putText(self._background, name, (12, 24), cv2.FONT_HERSHEY_DUPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)

    def draw(self, time: float, shown: float | None) -> Image:
        """Return the picture (H x W x 3, BGR) at ``time``, ``shown`` written into it; None marks a loop."""
        image = self._background.copy()
        cv2.circle(image, (int(320 + 240 * sin(time * pi / 5)), 220), 30, (60, 90, 200), -1, cv2.LINE_AA)
        text = "RECORDED LOOP" if shown is None else datetime.fromtimestamp(shown, UTC).strftime("%Y-%m-%d %H:%M:%S")
        cv2.putText(image, text, (400, 24), cv2.FONT_HERSHEY_DUPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
        return image
