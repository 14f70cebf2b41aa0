import cv2
import numpy as np
import pytest

from gateway.simulator.pictures.drawing import View
from gateway.simulator.pictures.scenes import SCENES, scene_for

BELOW_THE_BANNER = np.s_[30:]


@pytest.mark.parametrize("name", [scene.words[0] for scene in SCENES if scene.words])
def test_every_scene_moves_and_depends_only_on_time(name: str) -> None:
    view = View("camera-1", name)
    at = [view.draw(1_700_000_000 + second, 1_700_000_000) for second in (0.0, 1.0, 0.0)]
    assert at[0].shape == (360, 640, 3)
    assert (at[0] == at[2]).all()
    assert (at[0] != at[1])[BELOW_THE_BANNER].any()


def test_the_picture_shows_the_given_clock_and_a_loop_shows_none() -> None:
    view = View("hall", "Hall")
    first, next_second, loop = (view.draw(0.0, shown) for shown in (1_700_000_000.0, 1_700_000_001.0, None))
    for other in (next_second, loop):
        assert (first != other)[:30, 320:].any()
        assert (first == other)[:30, :320].all()
        assert (first == other)[BELOW_THE_BANNER].all()


def test_a_picture_contains_none_of_a_tiles_words(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(cv2, "putText", lambda image, text, *_: written.append(text))
    for name in ("Hall", "Loop 1"):
        for shown in (None, 1_700_000_000.0):
            View("hall", name).draw(0.0, shown)
    assert len(written) == 8
    tile = {
        "live",
        "delayed",
        "not",
        "unverified",
        "unchanged",
        "recorded",
        "substream",
        "transcoded",
        "waiting",
        "drill",
    }
    words = {word.strip(",:").lower() for text in written for word in text.split()}
    assert not words & tile


def test_two_cameras_in_similar_places_do_not_see_the_same() -> None:
    west, east = (View(f"lincoln-hallway-{side}", "Hallway").draw(0.0, 0.0) for side in ("west", "east"))
    assert (west != east)[BELOW_THE_BANNER].any()


def test_the_scene_depends_on_id_or_name() -> None:
    assert scene_for("lincoln-gym", "Camera 7").words[0] == "gym"
    assert scene_for("camera-7", "Cafeteria, south").words[0] == "cafeteria"
    assert scene_for("camera-7", "Camera 7") is SCENES[-1]
