from xml.etree import ElementTree

import pytest

from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.review.coverage import FloorCoverage, coverage
from gateway.floorplan.review.drawing import coverage_svg
from tests.floorplan.drawing import Feature, camera, plan


def ground(*cameras: Feature) -> FloorCoverage:
    return coverage(Geometry(plan(*cameras)))[0]


def test_without_cameras_nothing_is_seen() -> None:
    covered = ground()
    assert (covered.seen_share, covered.twice_share) == (0, 0)
    assert all(room.cameras == () and not room.door_only for room in covered.rooms)


def test_a_room_that_one_camera_sees_whole_is_seen_once() -> None:
    covered = ground(camera("c", (4, 4), 0, fov=360, range=20))
    rooms = {room.room.id: room for room in covered.rooms}
    assert rooms["101"].seen == pytest.approx(1, abs=0.01)
    assert covered.seen_share == pytest.approx(64 / 280, abs=0.01)
    assert covered.twice_share == 0


def test_an_area_that_two_cameras_see_is_seen_twice() -> None:
    both = [camera(name, (4, 4), 0, fov=360, range=20) for name in "ab"]
    covered = ground(*both, camera("c", (12, 4), 0, fov=360, range=20))
    rooms = {room.room.id: room for room in covered.rooms}
    assert rooms["101"].twice == pytest.approx(1, abs=0.01)
    assert rooms["102"].seen == pytest.approx(1, abs=0.01)
    assert rooms["102"].twice == pytest.approx(0, abs=0.01)


def test_a_room_of_which_only_the_door_is_seen_is_distinguished() -> None:
    rooms = {room.room.id: room for room in ground(camera("c", (1, 10), 90)).rooms}
    assert rooms["101"].door_only
    assert not rooms["hallway"].door_only
    assert rooms["lobby"].cameras == ()


def test_the_drawing_is_xml_with_every_room_floor_and_camera_and_escapes_names() -> None:
    geometry = Geometry(plan(camera("c-1", (1, 10), 90), camera("c-2", (9, 1), 45)))
    text = coverage_svg(geometry, coverage(geometry))
    root = ElementTree.fromstring(text)
    words = " ".join(root.itertext())
    for expected in ("Ground floor", "Upper floor", "101", "102", "lobby", "1  c-1", "2  c-2", "not seen"):
        assert expected in words
