"""Draws schematic school scenes: a still background, and what moves in it as a function of time. Pure; colours are
BGR."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin

from gateway.simulator.pictures.shapes import Colour, area, between, car, disc, line, oval, person
from gateway.simulator.pictures.timecode import Image

_JACKETS: tuple[Colour, ...] = ((150, 84, 46), (62, 74, 178), (92, 128, 60), (40, 130, 190), (130, 70, 110))


@dataclass(frozen=True, slots=True)
class Scene:
    """Describes a scene: the ``words`` of an id or name that select it, its still part, and what moves at a time in
    seconds."""

    words: tuple[str, ...]
    still: Callable[[Image], None]
    move: Callable[[Image, float], None]


def scene_for(camera_id: str, name: str) -> Scene:
    """Return the scene that the id and name describe, or a corridor if they describe none."""
    text = f"{camera_id} {name}".lower()
    return next((scene for scene in SCENES if any(word in text for word in scene.words)), SCENES[-1])


def _corridor(image: Image) -> None:
    area(image, [(0, 0), (640, 0), (640, 360), (0, 360)], (206, 214, 218))
    area(image, [(0, 360), (640, 360), (385, 160), (255, 160)], (158, 170, 176))
    area(image, [(0, 0), (640, 0), (385, 92), (255, 92)], (232, 236, 238))
    for depth in (0.08, 0.35, 0.58, 0.75):
        left, right = between((190, 0), (295, 92), depth), between((450, 0), (345, 92), depth)
        area(image, [left, right, between(right, (345, 92), 0.12), between(left, (295, 92), 0.12)], (252, 254, 255))
    area(image, [(255, 92), (385, 92), (385, 160), (255, 160)], (190, 200, 206))
    area(image, [(298, 104), (342, 104), (342, 160), (298, 160)], (116, 134, 150))
    area(image, [(303, 110), (318, 110), (318, 134), (303, 134)], (230, 222, 204))
    area(image, [(322, 110), (337, 110), (337, 134), (322, 134)], (230, 222, 204))
    for number in range(9):  # lockers on the left, doors on the right
        near, far = 1 - 0.82**number, 1 - 0.82 ** (number + 0.92)
        box = [
            between((0, 70), (255, 106), near),
            between((0, 70), (255, 106), far),
            between((0, 352), (255, 159), far),
            between((0, 352), (255, 159), near),
        ]
        area(image, box, (148, 118, 72) if number % 2 else (160, 130, 84))
        line(image, box[0], box[3], (120, 94, 56), 1)
    for near, far in ((0.12, 0.36), (0.5, 0.62), (0.72, 0.79)):
        box = [
            between((640, 60), (385, 104), near),
            between((640, 60), (385, 104), far),
            between((640, 360), (385, 160), far),
            between((640, 360), (385, 160), near),
        ]
        area(image, box, (92, 124, 158))
        upper = [between(box[0], box[1], part) for part in (0.2, 0.8)]
        lower = [between(box[3], box[2], part) for part in (0.8, 0.2)]
        down = [between(upper[0], lower[1], 0.1), between(upper[1], lower[0], 0.1)]
        area(image, [*down, between(upper[1], lower[0], 0.4), between(upper[0], lower[1], 0.4)], (214, 208, 190))


def _in_corridor(image: Image, time: float) -> None:
    for number, (lane, period) in enumerate(((-0.35, 16.0), (0.3, 23.0))):
        depth = 0.5 - 0.5 * cos(2 * pi * time / period + number * 2)
        floor = 166 + 150 * depth
        lane_x = 320 + lane * (floor - 118) * 1.1
        person(image, (lane_x, floor), 34 + 125 * depth, time * 1.8 + number, _JACKETS[number])


def _entrance(image: Image) -> None:
    area(image, [(0, 0), (640, 0), (640, 250), (0, 250)], (196, 206, 212))
    area(image, [(0, 250), (640, 250), (640, 360), (0, 360)], (150, 160, 166))
    area(image, [(110, 52), (530, 52), (530, 250), (110, 250)], (88, 82, 76))
    for number in range(4):
        x = 118 + number * 104
        area(image, [(x, 60), (x + 92, 60), (x + 92, 246), (x, 246)], (236, 222, 196))
        area(image, [(x, 170), (x + 92, 170), (x + 92, 246), (x, 246)], (176, 204, 182))
        line(image, (x + 46, 60), (x + 46, 246), (88, 82, 76), 3)
        line(image, (x + 40, 140), (x + 40, 180), (210, 214, 216), 3)
    area(image, [(200, 272), (440, 272), (500, 330), (140, 330)], (84, 92, 104))
    area(image, [(20, 190), (90, 190), (90, 300), (20, 300)], (96, 128, 160))
    area(image, [(14, 182), (96, 182), (96, 194), (14, 194)], (120, 152, 184))
    disc(image, (590, 205), 34, (88, 130, 78))
    area(image, [(574, 232), (606, 232), (600, 282), (580, 282)], (70, 96, 150))


def _at_entrance(image: Image, time: float) -> None:
    across = (time / 14) % 1
    person(image, (-40 + 720 * across, 322), 150, time * 1.9, _JACKETS[2])
    back = ((time + 6) / 19) % 1
    person(image, (680 - 720 * back, 282), 112, time * 1.7, _JACKETS[4])


def _gym(image: Image) -> None:
    area(image, [(0, 0), (640, 0), (640, 170), (0, 170)], (210, 214, 212))
    area(image, [(0, 170), (640, 170), (640, 360), (0, 360)], (112, 164, 206))
    for x in range(-200, 840, 60):
        line(image, (320 + (x - 320) * 0.55, 170), (x, 360), (104, 154, 196), 1)
    area(image, [(0, 130), (640, 130), (640, 170), (0, 170)], (150, 96, 58))
    line(image, (60, 350), (170, 186), (250, 250, 250), 3)
    line(image, (580, 350), (470, 186), (250, 250, 250), 3)
    line(image, (170, 186), (470, 186), (250, 250, 250), 3)
    oval(image, (320, 265), (100, 30), (250, 250, 250), 3)
    area(image, [(276, 50), (364, 50), (364, 104), (276, 104)], (246, 248, 248))
    area(image, [(304, 72), (336, 72), (336, 96), (304, 96)], (60, 70, 200))
    area(image, [(308, 76), (332, 76), (332, 92), (308, 92)], (246, 248, 248))
    oval(image, (320, 106), (16, 4), (40, 90, 230), 3)
    for x in (40, 110, 180, 440, 510, 580):
        area(image, [(x, 44), (x + 46, 44), (x + 46, 84), (x, 84)], (240, 230, 208))


def _in_gym(image: Image, time: float) -> None:
    x = 320 + 190 * sin(time / 2.6)
    y = 290 + 26 * cos(time / 1.9)
    person(image, (x, y), 128, time * 2.4, _JACKETS[1])
    disc(image, (x + 30, y - 10 - 58 * abs(sin(time * 2.2 * pi / 2))), 10, (40, 110, 226))
    person(image, (320 - 160 * sin(time / 3.3), 226), 84, time * 2.2, _JACKETS[0])


def _parking(image: Image) -> None:
    area(image, [(0, 0), (640, 0), (640, 110), (0, 110)], (228, 208, 178))
    area(image, [(0, 84), (640, 84), (640, 130), (0, 130)], (98, 140, 96))
    area(image, [(0, 122), (640, 122), (640, 360), (0, 360)], (128, 126, 124))
    for x in range(30, 640, 96):
        disc(image, (x, 86), 24, (76, 116, 72))
    for x in range(-60, 760, 92):
        line(image, (320 + (x - 320) * 0.8, 140), (x, 214), (226, 230, 232), 3)
    paints: tuple[Colour, ...] = ((168, 96, 60), (212, 214, 216), (56, 60, 176), (90, 92, 96), (120, 150, 92))
    for number, paint in enumerate(paints):
        car(image, (88 + number * 116, 200), 84, paint)
    for x in range(0, 640, 80):
        area(image, [(x, 296), (x + 40, 296), (x + 36, 302), (x - 4, 302)], (226, 230, 232))


def _in_parking(image: Image, time: float) -> None:
    x = -140 + 920 * ((time / 12) % 1)
    car(image, (x, 290), 130, (46, 168, 226))
    person(image, (680 - 740 * ((time / 25) % 1), 244), 72, time * 1.8, _JACKETS[3])


def _cafeteria(image: Image) -> None:
    area(image, [(0, 0), (640, 0), (640, 150), (0, 150)], (198, 216, 226))
    area(image, [(0, 150), (640, 150), (640, 360), (0, 360)], (176, 186, 190))
    for row in range(6):
        for column in range(10):
            if (row + column) % 2:
                top, bottom = 150 + row * 35, 185 + row * 35
                area(
                    image,
                    [(column * 64, top), (column * 64 + 64, top), (column * 64 + 64, bottom), (column * 64, bottom)],
                    (166, 176, 182),
                )
    for x in (30, 180, 330, 480):
        area(image, [(x, 44), (x + 120, 44), (x + 120, 104), (x, 104)], (240, 230, 206))
    area(image, [(0, 118), (640, 118), (640, 156), (0, 156)], (132, 140, 148))
    for x, y, half in ((140, 214, 84), (430, 204, 80), (230, 296, 118), (530, 300, 112)):
        for leg in (-0.7, 0.7):
            line(image, (x + leg * half, y), (x + leg * half, y + half * 0.36), (92, 96, 100), 4)
        oval(image, (x, y), (half, half * 0.25), (112, 156, 196))


def _in_cafeteria(image: Image, time: float) -> None:
    person(image, (-40 + 720 * ((time / 17) % 1), 252), 112, time * 1.8, _JACKETS[0])
    person(image, (700 - 760 * ((time / 22) % 1), 334), 150, time * 1.7, _JACKETS[1])


def _classroom(image: Image) -> None:
    area(image, [(0, 0), (640, 0), (640, 200), (0, 200)], (206, 222, 226))
    area(image, [(0, 200), (640, 200), (640, 360), (0, 360)], (150, 172, 188))
    area(image, [(150, 54), (490, 54), (490, 162), (150, 162)], (130, 150, 160))
    area(image, [(158, 60), (482, 60), (482, 156), (158, 156)], (74, 100, 62))
    for y, end in ((84, 330), (106, 420), (128, 280)):
        line(image, (190, y), (end, y), (190, 210, 196), 2)
    for x in (24, 528):
        area(image, [(x, 60), (x + 90, 60), (x + 90, 160), (x, 160)], (240, 226, 196))
    for y, width, gap in ((226, 66, 44), (270, 84, 54), (318, 104, 64)):
        for column in range(4):
            middle = 320 + (column - 1.5) * (width + gap)
            area(
                image,
                [
                    (middle - width / 2, y),
                    (middle + width / 2, y),
                    (middle + width * 0.56, y + 18),
                    (middle - width * 0.56, y + 18),
                ],
                (104, 150, 192),
            )
            for leg in (-0.5, 0.5):
                line(image, (middle + leg * width, y + 18), (middle + leg * width, y + 40), (100, 104, 108), 3)


def _in_classroom(image: Image, time: float) -> None:
    person(image, (320 + 220 * sin(time / 4), 214), 118, time * 1.4, _JACKETS[2])


SCENES: tuple[Scene, ...] = (
    Scene(("corridor", "hallway", "stair"), _corridor, _in_corridor),
    Scene(("entrance", "lobby", "door", "office"), _entrance, _at_entrance),
    Scene(("gym", "sport"), _gym, _in_gym),
    Scene(("parking", "lot", "bus", "yard", "field", "playground"), _parking, _in_parking),
    Scene(("cafeteria", "kitchen", "canteen"), _cafeteria, _in_cafeteria),
    Scene(("classroom", "library", "room", "lab"), _classroom, _in_classroom),
    Scene((), _corridor, _in_corridor),
)
