import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from gateway.floorplan.geometry.places import RoomFinder, beside, label_point, projection, unprojection
from tests.floorplan.drawing import ANCHOR, degrees, plan

metres = st.floats(-2000, 2000)
bearings = st.floats(0, 360, exclude_max=True)


def test_the_anchor_is_the_origin() -> None:
    assert projection(ANCHOR)(ANCHOR) == pytest.approx((0, 0), abs=1e-6)


@settings(max_examples=50)
@given(x=metres, y=metres)
def test_projected_points_match_geodesics_to_the_millimetre(x: float, y: float) -> None:
    longitude, latitude = degrees(x, y)
    assert projection(ANCHOR)((longitude, latitude)) == pytest.approx((x, y), abs=1e-3)
    assert unprojection(ANCHOR)((x, y)) == pytest.approx((longitude, latitude), abs=1e-8)


@settings(max_examples=50)
@given(longitude=st.floats(-179, 179), latitude=st.floats(-80, 80), bearing=bearings)
def test_north_is_true_and_lengths_are_right_anywhere_on_earth(
    longitude: float, latitude: float, bearing: float
) -> None:
    there = Geod(ellps="WGS84").fwd(longitude, latitude, bearing, 300)
    x, y = projection((longitude, latitude))((there[0], there[1]))
    assert math.hypot(x, y) == pytest.approx(300, abs=1e-3)
    assert (x, y) == pytest.approx(beside((0, 0), bearing, 300), abs=0.01)


def test_a_label_is_inside_its_room_even_if_the_centroid_is_not() -> None:
    horseshoe = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (9.0, 10.0), (9.0, 1.0), (1.0, 1.0), (1.0, 10.0), (0.0, 10.0))
    x, y = label_point((*horseshoe, horseshoe[0]))
    assert y < 1 or x < 1 or x > 9


def test_rooms_are_found_by_position_and_on_both_sides_of_a_door() -> None:
    finder = RoomFinder(plan().rooms)

    def name(position: tuple[float, float], heading: float | None = None) -> str | None:
        found = finder.at("ground", position) if heading is None else finder.beside("ground", position, heading)
        return found.id if found else None

    assert [name((4, 4)), name((4, -1)), name((18, 4))] == ["101", None, "lobby"]
    assert [name((4, 8), 0), name((4, 8), 180), name((18, 0), 180)] == ["hallway", "101", None]
    assert [room.id for room in finder.around("ground", (8, 7.8), 0.5)] == ["101", "102", "hallway"]
    assert finder.at("upper", (4, 4)) is None
