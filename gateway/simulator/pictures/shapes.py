"""Draws shapes for schematic scenes on a canvas of 640 by 360, whatever the size of the image. Pure; colours are
BGR."""

from collections.abc import Sequence
from math import cos, pi, sin

import cv2
import numpy as np

from gateway.simulator.pictures.timecode import Image

WIDTH, HEIGHT = 640, 360

Colour = tuple[int, int, int]
Point = tuple[float, float]
_SHIFT = 4  # fractional bits of coordinates, so that motion is smooth


def line(image: Image, start: Point, end: Point, colour: Colour, thickness: int) -> None:
    """Draw a line with round ends."""
    scale = image.shape[1] / WIDTH
    cv2.line(
        image, _fixed(start, scale), _fixed(end, scale), colour, max(1, round(thickness * scale)), cv2.LINE_AA, _SHIFT
    )


def disc(image: Image, centre: Point, radius: float, colour: Colour) -> None:
    """Draw a filled circle."""
    scale = image.shape[1] / WIDTH
    cv2.circle(image, _fixed(centre, scale), round(radius * scale * (1 << _SHIFT)), colour, -1, cv2.LINE_AA, _SHIFT)


def area(image: Image, corners: Sequence[Point], colour: Colour) -> None:
    """Fill a polygon."""
    scale = image.shape[1] / WIDTH
    points = np.array([_fixed(corner, scale) for corner in corners], dtype=np.int32)
    cv2.fillPoly(image, [points], colour, cv2.LINE_AA, _SHIFT)


def oval(image: Image, centre: Point, radii: Point, colour: Colour, thickness: int = 0) -> None:
    """Draw the outline of an ellipse, or fill it if ``thickness`` is 0."""
    scale = image.shape[1] / WIDTH
    stroke = max(1, round(thickness * scale)) if thickness else -1
    place, axes = _fixed(centre, scale), _fixed(radii, scale)
    cv2.ellipse(image, place, axes, 0, 0, 360, colour, stroke, cv2.LINE_AA, _SHIFT)


def car(image: Image, place: Point, length: float, paint: Colour) -> None:
    """Draw a car from the side. ``place`` is the middle of its underside."""
    x, y = place
    body, roof = length * 0.18, length * 0.34
    area(
        image,
        [
            (x - length * 0.28, y - body),
            (x - length * 0.18, y - roof),
            (x + length * 0.16, y - roof),
            (x + length * 0.3, y - body),
        ],
        (92, 84, 74),
    )
    area(
        image, [(x - length / 2, y - body), (x + length / 2, y - body), (x + length / 2, y), (x - length / 2, y)], paint
    )
    for wheel in (-0.3, 0.3):
        disc(image, (x + wheel * length, y), length * 0.085, (48, 46, 46))
        disc(image, (x + wheel * length, y), length * 0.04, (190, 192, 194))


def _fixed(point: Point, scale: float) -> tuple[int, int]:
    return round(point[0] * scale * (1 << _SHIFT)), round(point[1] * scale * (1 << _SHIFT))


def between(start: Point, end: Point, part: float) -> Point:
    """Return the point that lies ``part`` of the way from ``start`` to ``end``."""
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


def _shade(colour: Colour, factor: float) -> Colour:
    blue, green, red = (round(part * factor) for part in colour)
    return blue, green, red


def person(image: Image, feet: Point, height: float, phase: float, jacket: Colour) -> None:
    """Draw a person walking. ``phase`` is in steps."""
    x, y = feet
    thick = max(1, round(height * 0.09))
    hip, shoulder = y - height * 0.47, y - height * 0.8
    stride, swing = height * 0.15 * sin(phase * pi), height * 0.12 * sin(phase * pi)
    oval(image, feet, (height * 0.2, height * 0.04), (96, 98, 100))
    line(image, (x, hip), (x + stride, y - height * 0.03 * max(0.0, cos(phase * pi))), (70, 56, 48), thick)
    line(image, (x, hip), (x - stride, y - height * 0.03 * max(0.0, -cos(phase * pi))), (60, 48, 42), thick)
    line(image, (x, shoulder), (x - swing, hip), jacket, max(1, thick - 1))
    line(image, (x, shoulder + height * 0.05), (x, hip), jacket, round(height * 0.2))
    line(image, (x, shoulder), (x + swing, hip), _shade(jacket, 0.8), max(1, thick - 1))
    disc(image, (x, y - height * 0.9), height * 0.085, (150, 178, 214))
    disc(image, (x, y - height * 0.935), height * 0.075, (44, 52, 66))
