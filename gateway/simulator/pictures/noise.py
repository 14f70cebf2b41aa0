"""Adds the noise of a camera's sensor. Because of it, real pictures need bits even where nothing moves."""

import cv2
import numpy as np

from gateway.simulator.pictures.shapes import HEIGHT, WIDTH
from gateway.simulator.pictures.timecode import Image

_MARGIN = 64  # the pattern is this many pixels larger than the picture, and each picture gets a different part of it
_SEED = 1


class Noise:
    """Normal noise of standard deviation ``level``, in steps of 256. The same picture at the same tick gets the same
    noise."""

    def __init__(self, level: float) -> None:
        shape = HEIGHT + _MARGIN, WIDTH + _MARGIN, 3
        self._pattern = np.random.default_rng(_SEED).normal(0.0, level, shape).round().astype(np.int16)

    def over(self, image: Image, tick: int) -> Image:
        """Return ``image`` (360 x 640 x 3) with the noise of this tick."""
        down, right = np.random.default_rng(tick).integers(0, _MARGIN, 2)
        part = self._pattern[down : down + HEIGHT, right : right + WIDTH]
        return np.asarray(cv2.add(image, part, dtype=cv2.CV_8U), dtype=np.uint8)
