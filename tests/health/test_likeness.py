import numpy as np

from gateway.health.likeness import LEAST, SAME, SHAPE, Cells, Unchanged


def grey(level: int) -> Cells:
    return np.full(SHAPE, level, dtype=np.uint8)


def test_one_picture_is_not_unchanged() -> None:
    unchanged = Unchanged()
    unchanged.feed(grey(10), 100.0)
    assert unchanged.since is None
    assert unchanged.seconds == 0.0


def test_equal_pictures_are_unchanged_since_the_first_of_them() -> None:
    unchanged = Unchanged()
    unchanged.feed(grey(90), 96.0)
    for at in (100.0, 104.0, 100.0 + LEAST):
        unchanged.feed(grey(10), at)
    assert unchanged.since == 100.0
    assert unchanged.seconds == LEAST


def test_coding_noise_is_not_a_change_but_one_cell_of_a_person_is() -> None:
    unchanged = Unchanged()
    unchanged.feed(grey(100), 100.0)
    unchanged.feed(grey(100 - SAME), 110.0)
    assert unchanged.since == 100.0
    person = grey(100)
    person[20, 30] += SAME + 1
    unchanged.feed(person, 112.0)
    assert unchanged.since is None


def test_slow_change_adds_up() -> None:
    unchanged = Unchanged()
    for step in range(SAME + 2):
        unchanged.feed(grey(100 + step), 100.0 + 10 * step)
    assert unchanged.since is None


def test_differences_do_not_wrap() -> None:
    unchanged = Unchanged()
    unchanged.feed(grey(255), 100.0)
    unchanged.feed(grey(0), 110.0)
    assert unchanged.since is None
