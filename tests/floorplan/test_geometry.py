import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point as Spot

from gateway.floorplan.geometry.places import label_point, projection
from gateway.floorplan.geometry.simple import field_of_view, nearest_cameras, sees_room
from gateway.floorplan.model import PlacedCamera
from gateway.models import CameraId
from tests.floorplan.drawing import ANCHOR, camera, degrees, plan

metres = st.floats(-2000, 2000)
bearings = st.floats(0, 360, exclude_max=True)


def test_the_anchor_is_the_origin() -> None:
    assert projection(ANCHOR)(ANCHOR) == pytest.approx((0, 0), abs=1e-6)


@settings(max_examples=50)
@given(x=metres, y=metres)
def test_projected_points_match_geodesics_to_the_millimetre(x: float, y: float) -> None:
    longitude, latitude = degrees(x, y)
    assert projection(ANCHOR)((longitude, latitude)) == pytest.approx((x, y), abs=1e-3)


@settings(max_examples=50)
@given(longitude=st.floats(-179, 179), latitude=st.floats(-80, 80), bearing=bearings)
def test_north_is_true_and_lengths_are_right_anywhere_on_earth(
    longitude: float, latitude: float, bearing: float
) -> None:
    there = Geod(ellps="WGS84").fwd(longitude, latitude, bearing, 300)
    x, y = projection((longitude, latitude))((there[0], there[1]))
    assert math.hypot(x, y) == pytest.approx(300, abs=1e-3)
    assert (x, y) == pytest.approx(
        (300 * math.sin(math.radians(bearing)), 300 * math.cos(math.radians(bearing))), abs=0.01
    )


def test_a_heading_of_90_degrees_looks_east() -> None:
    sector = field_of_view(PlacedCamera(CameraId("c"), "f", None, (0, 0), 90, 60, 10))
    assert sector.contains(Spot(9, 0))
    assert not sector.contains(Spot(-1, 0))
    assert not sector.contains(Spot(0, 9))


@settings(max_examples=50)
@given(heading=bearings, fov=st.floats(1, 360), reach=st.floats(1, 100), off=st.floats(-180, 180))
def test_a_field_of_view_contains_everything_within_its_angle(
    heading: float, fov: float, reach: float, off: float
) -> None:
    sector = field_of_view(PlacedCamera(CameraId("c"), "f", None, (3, -4), heading, fov, reach))
    bearing = math.radians(heading + off)
    spot = Spot(3 + 0.5 * reach * math.sin(bearing), -4 + 0.5 * reach * math.cos(bearing))
    assert sector.is_valid
    if abs(off) < fov / 2 - 0.01:
        assert sector.contains(spot)
    if abs(off) > fov / 2 + 0.01:
        assert not sector.contains(spot)


@pytest.mark.parametrize(
    ("placed", "room", "seen"),
    [
        pytest.param(camera("c", (1, 1), 45), "101", True, id="in the room itself"),
        pytest.param(camera("c", (1, 10), 90), "101", True, id="its door, along the hallway"),
        pytest.param(camera("c", (1, 10), 90), "102", True, id="a door further on, in range"),
        pytest.param(camera("c", (1, 10), 90, range=8), "102", False, id="its door beyond the range"),
        pytest.param(camera("c", (19, 10), 90), "102", False, id="its door behind the camera"),
        pytest.param(camera("c", (1, 10), 90), "lobby", False, id="an open lobby too far away"),
        pytest.param(camera("c", (19, 11), 180), "lobby", True, id="an open lobby"),
        pytest.param(camera("c", (4, 1), 0), "102", False, id="a wall between"),
        pytest.param(camera("c", (4, 1), 0), "room-gym", False, id="two walls between"),
        pytest.param(camera("c", (18, -5), 0), "lobby", True, id="its outside door, from outdoors"),
        pytest.param(camera("c", (4, -3), 0), "101", False, id="only its window, from outdoors"),
        pytest.param(camera("c", (10, 20), 180, range=40), "lobby", False, id="the building between"),
        pytest.param(camera("c", (1, 10), 90, floor="upper"), "101", False, id="another floor"),
    ],
)
def test_a_camera_sees_a_room_or_its_door_but_not_through_walls(
    placed: dict[str, object], room: str, seen: bool
) -> None:
    small = plan(placed)
    assert sees_room(small, small.cameras[0], small.room(room)) is seen


def test_cameras_that_see_a_room_come_before_nearer_ones_and_other_floors_last() -> None:
    small = plan(
        camera("a-above", (12, 7), 0, floor="upper"),
        camera("b-behind-the-wall", (7, 4), 270),
        camera("c-hallway", (1, 10), 90),
        camera("d-inside", (9, 1), 45),
    )
    near = nearest_cameras(small, "102", 4)
    assert [c.id for c in near] == ["d-inside", "c-hallway", "b-behind-the-wall", "a-above"]
    assert [c.sees_room for c in near] == [True, True, False, False]
    assert [c.distance_m for c in near] == pytest.approx([0, math.hypot(7, 2), 1, 0], abs=0.01)


def test_equally_good_cameras_are_sorted_by_id_whatever_order_they_are_drawn_in() -> None:
    features = [camera("b", (9, 1), 45), camera("a", (9, 2), 45), camera("c", (9, 3), 45)]
    for order in (features, features[::-1]):
        assert [c.id for c in nearest_cameras(plan(*order), "102", 4)] == ["a", "b", "c"]


def test_only_cameras_that_the_caller_may_know_about_are_named() -> None:
    small = plan(camera("a", (9, 1), 45), camera("b", (9, 2), 45))
    assert [c.id for c in nearest_cameras(small, "102", 4, among={CameraId("b")})] == ["b"]


def test_a_room_that_the_plan_does_not_have_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="999"):
        nearest_cameras(plan(), "999", 4)


@settings(max_examples=50)
@given(
    places=st.lists(st.tuples(st.floats(0, 20), st.floats(0, 14), st.integers(0, 359)), max_size=6),
    room=st.sampled_from(["101", "102", "lobby", "hallway", "room-gym"]),
    n=st.integers(0, 7),
)
def test_nearest_cameras_are_the_first_of_the_whole_order(
    places: list[tuple[float, float, int]], room: str, n: int
) -> None:
    small = plan(*(camera(f"c{i}", (x, y), heading) for i, (x, y, heading) in enumerate(places)))
    everyone = nearest_cameras(small, room, 100)
    assert nearest_cameras(small, room, n) == everyone[:n]
    assert {c.id for c in everyone} == {c.id for c in small.cameras}
    for sees in (True, False):
        distances = [c.distance_m for c in everyone if c.sees_room is sees]
        assert distances == sorted(distances)
    assert [c.sees_room for c in everyone] == sorted((c.sees_room for c in everyone), reverse=True)


def test_a_label_is_inside_its_room_even_if_the_centroid_is_not() -> None:
    horseshoe = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (9.0, 10.0), (9.0, 1.0), (1.0, 1.0), (1.0, 10.0), (0.0, 10.0))
    x, y = label_point((*horseshoe, horseshoe[0]))
    assert y < 1 or x < 1 or x > 9
