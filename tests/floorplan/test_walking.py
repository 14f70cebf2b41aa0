import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.geometry.spaces import Space
from gateway.floorplan.load import parse_plan
from gateway.floorplan.model import FloorPlan
from gateway.models import CameraId
from tests.floorplan.drawing import Feature, area, camera, plan, point, school

ROOMS = ["101", "102", "lobby", "hallway", "room-gym"]
insides = st.tuples(st.floats(0.3, 19.7), st.floats(0.3, 13.7))


def door(identifier: str, at: tuple[float, float], heading: float, kind: str = "interior", **more: object) -> Feature:
    properties = {"name": identifier, "kind": kind, "floor": "ground", "heading": heading, **more}
    return point(identifier, at, type="door", **properties)


def room(identifier: str, bounds: tuple[float, float, float, float], **more: object) -> Feature:
    properties = {"name": identifier, "kind": "classroom", "floor": "upper", **more}
    return area(identifier, bounds, type="room", **properties)


def upstairs(**more: object) -> list[Feature]:
    """Return stairs beside the gym, and a room above that opens to them."""
    return [
        room("stairs", (15, 12, 20, 14), kind="stairwell", floor="ground"),
        room("stairs-2", (15, 12, 20, 14), kind="stairwell", **more),
        room("201", (0, 8, 15, 14)),
        door("door-stairs", (17, 12), 180),
        door("door-stairs-2", (15, 13), 270, floor="upper"),
    ]


def plan_without_gym(*more: Feature) -> FloorPlan:
    document = school(*more)
    document["features"] = [f for f in document["features"] if f["id"] not in ("room-gym", "door-gym")]
    return parse_plan(document, "plan")


def ids(found: object) -> list[str]:
    return [one.id for one in found]  # type: ignore[attr-defined]


def test_the_route_to_a_room_goes_through_its_door() -> None:
    geometry = Geometry(plan(camera("in-101", (7, 4), 270), camera("h", (1, 10), 90), camera("in", (9, 1), 45)))
    near = {found.id: found.distance_m for found in geometry.nearest_cameras("102", 3)}
    through = math.hypot(7 - 4, 4) + 8  # from 101 to its door, and along the hallway's wall to that of 102
    assert near == {
        CameraId("in"): 0,
        CameraId("h"): pytest.approx(math.hypot(11, 2), abs=0.05),
        CameraId("in-101"): pytest.approx(through, abs=0.1),
    }


def test_cameras_that_see_a_room_come_before_nearer_ones_and_unreachable_ones_come_last() -> None:
    geometry = Geometry(
        plan(
            camera("a-above", (12, 7), 0, floor="upper"),
            camera("b-behind-the-wall", (7, 4), 270),
            camera("c-hallway", (1, 10), 90),
            camera("d-inside", (9, 1), 45),
        )
    )
    near = geometry.nearest_cameras("102", 4)
    assert ids(near) == ["d-inside", "c-hallway", "b-behind-the-wall", "a-above"]
    assert [c.sees_room for c in near] == [True, True, False, False]
    assert near[-1].distance_m is None


def test_equally_good_cameras_are_sorted_by_id_whatever_order_they_are_drawn_in() -> None:
    features = [camera("b", (9, 1), 45), camera("a", (9, 2), 45), camera("c", (9, 3), 45)]
    for order in (features, features[::-1]):
        assert ids(Geometry(plan(*order)).nearest_cameras("102", 4)) == ["a", "b", "c"]


def test_only_cameras_that_the_caller_may_know_about_are_named() -> None:
    geometry = Geometry(plan(camera("a", (9, 1), 45), camera("b", (9, 2), 45)))
    assert ids(geometry.nearest_cameras("102", 4, among={CameraId("b")})) == ["b"]
    assert ids(geometry.follow(CameraId("a"), among=set())) == []


def test_a_room_that_the_plan_does_not_have_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="999"):
        Geometry(plan()).nearest_cameras("999", 4)


@settings(max_examples=40, deadline=None)
@given(places=st.lists(st.tuples(insides, st.integers(0, 359)), max_size=5), name=st.sampled_from(ROOMS))
def test_nearest_cameras_are_the_first_of_the_whole_order(
    places: list[tuple[tuple[float, float], int]], name: str
) -> None:
    geometry = Geometry(plan(*(camera(f"c{i}", at, heading) for i, (at, heading) in enumerate(places))))
    everyone = geometry.nearest_cameras(name, 100)
    assert {c.id for c in everyone} == {c.id for c in geometry.plan.cameras}
    assert [c.sees_room for c in everyone] == sorted((c.sees_room for c in everyone), reverse=True)
    for n, sees in product(range(6), (True, False)):
        assert geometry.nearest_cameras(name, n) == everyone[:n]
        distances = [c.distance_m for c in everyone if c.sees_room is sees and c.distance_m is not None]
        assert distances == sorted(distances)


@settings(max_examples=40, deadline=None)
@given(a=insides, b=insides, c=insides)
def test_distances_are_the_same_in_both_directions_and_no_detour_is_shorter(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]
) -> None:
    geometry = Geometry(plan(*(camera(name, at, 0) for name, at in zip("abc", (a, b, c), strict=True))))
    way = geometry.distances.between
    for one, other in product(range(3), repeat=2):
        assert way(one, other) == way(other, one)
        assert way(one, other) >= math.dist((a, b, c)[one], (a, b, c)[other]) - 0.5
    assert way(0, 2) <= way(0, 1) + way(1, 2) + 0.5
    for room_id, other_id in product(ROOMS, repeat=2):
        between = geometry.distances.between_rooms
        assert between(room_id, other_id) == pytest.approx(between(other_id, room_id))
        assert between(room_id, room_id) == 0


def test_stairs_lead_to_the_floor_above() -> None:
    geometry = Geometry(plan_without_gym(*upstairs()))
    assert geometry.unreachable_rooms() == ()
    assert 12 < geometry.distances.between_rooms("hallway", "201") < 20


def test_stairs_with_explicit_joins_lead_nowhere_else() -> None:
    elsewhere = room("stairs-3", (16, 0, 20, 4), kind="stairwell", name="Other stairs")
    small = plan_without_gym(*upstairs(), elsewhere)
    assert Geometry(small).unreachable_rooms() == ("stairs-3",)
    small = plan_without_gym(*upstairs(joins=["stairs"]), elsewhere)
    assert Geometry(small).unreachable_rooms() == ("stairs-3",)


def test_a_room_without_a_door_is_reported() -> None:
    small = plan_without_gym(room("cellar", (1, 12.5, 4, 13.5), floor="ground"))
    assert Geometry(small).unreachable_rooms() == ("cellar",)
    assert Geometry(small).distances.between_rooms("cellar", "101") == math.inf
    assert Geometry(small).nearest_entrance("cellar") is None


@settings(max_examples=30, deadline=None)
@given(missing=st.sets(st.sampled_from(["door-101", "door-102", "door-gym", "door-1"])))
def test_every_room_is_reachable_or_reported(missing: set[str]) -> None:
    document = school()
    document["features"] = [f for f in document["features"] if f["id"] not in missing]
    geometry = Geometry(parse_plan(document, "plan"))
    behind = {"door-101": {"101"}, "door-102": {"102"}, "door-gym": {"room-gym"}, "door-1": set(ROOMS)}
    expected = set().union(*(behind[name] for name in missing))
    assert set(geometry.unreachable_rooms()) == expected
    for name in ROOMS:
        assert (geometry.nearest_entrance(name) is None) == (name in expected)


def test_a_route_around_a_corner_bends_at_the_corner() -> None:
    corridor = Polygon([(0, 0), (20, 0), (20, 20), (18, 20), (18, 2), (0, 2)])
    space = Space(corridor, [])
    way = space.way(space.stand((1, 1)), space.stand((19, 19)))
    assert way.length_m == pytest.approx(math.dist((1, 1), (18, 2)) + math.dist((18, 2), (19, 19)), abs=0.01)
    assert way.first == pytest.approx((18, 2))


def test_the_route_between_buildings_goes_around_them() -> None:
    portable = [
        area("hut", (8, 30, 12, 38), type="building", name="Portable 1", portable=True),
        area("hut-floor", (8, 30, 12, 38), type="floor", name="Portable 1", building="hut", level=0),
        room("p1", (8, 30, 12, 38), floor="hut-floor"),
        door("door-p1", (10, 30), 180, "exterior", floor="hut-floor", number="P1"),
    ]
    geometry = Geometry(plan(*portable))
    assert geometry.unreachable_rooms() == ()
    # From the main entrance in the south, around the corner of the main building, to the portable in the north.
    around = math.dist((18, 0), (20, 0)) + 14 + math.dist((20, 14), (10, 30))
    assert geometry.distances.between_rooms("lobby", "p1") == pytest.approx(around, abs=0.1)
    assert geometry.nearest_entrance("p1") == "door-p1"
    assert [e.door_id for e in geometry.entrances()] == ["door-1", "door-p1"]


def test_the_next_cameras_are_found_in_both_directions_of_a_hallway() -> None:
    row = [camera(name, (x, 10), 90) for name, x in zip("abcd", (1, 6, 13, 19), strict=True)]
    geometry = Geometry(plan(*row))
    assert [(n.id, n.bearing) for n in geometry.follow(CameraId("b"))] == [("a", 270), ("c", 90)]
    assert [(n.id, round(n.distance_m)) for n in geometry.follow(CameraId("a"))] == [("b", 5)]


def test_two_cameras_on_one_pole_both_lead_to_the_next() -> None:
    geometry = Geometry(plan(camera("a", (6, 10), 90), camera("b", (6, 10), 270), camera("c", (13, 10), 90)))
    assert ids(geometry.follow(CameraId("a"))) == ["b", "c"]
    assert ids(geometry.follow(CameraId("c"))) == ["a", "b"]


def test_the_first_leg_of_a_route_around_a_corner_leads_to_the_corner() -> None:
    geometry = Geometry(plan(camera("a", (19, 1), 0), camera("b", (1, 11), 90)))
    [found] = geometry.follow(CameraId("a"))
    corner = math.degrees(math.atan2(16 - 19, 8 - 1)) % 360
    assert found.id == "b"
    assert found.bearing == pytest.approx(corner, abs=0.5)


def test_the_tour_of_the_entrances_goes_clockwise_from_the_main_one() -> None:
    doors = [
        door("north", (4, 14), 0, "exterior"),
        door("west", (0, 10), 270, "exterior"),
        door("east", (20, 10), 90, "exterior"),
    ]
    geometry = Geometry(plan(*doors, camera("c", (-3, 10), 90)))
    tour = geometry.entrances()
    assert [entrance.door_id for entrance in tour] == ["west", "north", "east", "door-1"]
    assert [entrance.cameras for entrance in tour] == [("c",), (), (), ()]


def test_cameras_inside_a_drawn_shape_are_found() -> None:
    geometry = Geometry(plan(camera("a", (1, 10), 90), camera("b", (9, 1), 45), camera("c", (9, 1), 45, floor="upper")))
    assert geometry.cameras_within(box(8, 0, 10, 2)) == ("b", "c")
    assert geometry.cameras_within(box(8, 0, 10, 2), "ground") == ("b",)
