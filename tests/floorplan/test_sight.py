import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString
from shapely import Point as Spot

from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.geometry.places import RoomFinder
from gateway.floorplan.geometry.sight import field_of_view
from gateway.floorplan.geometry.sightings import Sightings
from gateway.floorplan.model import PlacedCamera, Point
from gateway.models import CameraId
from tests.floorplan.drawing import Feature, camera, plan, point

C = CameraId("c")
bearings = st.floats(0, 360, exclude_max=True)
insides = st.tuples(st.floats(0.3, 19.7), st.floats(0.3, 13.7))
fields = st.floats(5, 360)


BASE = plan()
FINDER = RoomFinder(BASE.rooms)


def cameras_of(*more: Feature) -> Geometry:
    return Geometry(plan(*more))


def placed(at: Point, heading: float, fov: float = 90, reach: float = 15, name: CameraId = C) -> PlacedCamera:
    room = FINDER.at("ground", at)
    return PlacedCamera(name, "ground", room.id if room else None, at, heading, fov, reach)


def sightings(*cameras: PlacedCamera) -> Sightings:
    return Sightings(replace(BASE, cameras=cameras), FINDER)


def test_a_heading_of_90_degrees_looks_east() -> None:
    sector = field_of_view(PlacedCamera(C, "f", None, (0, 0), 90, 60, 10))
    assert sector.contains(Spot(9, 0))
    assert not sector.contains(Spot(-1, 0))
    assert not sector.contains(Spot(0, 9))


@settings(max_examples=50)
@given(heading=bearings, fov=st.floats(1, 360), reach=st.floats(1, 100), off=st.floats(-180, 180))
def test_a_field_of_view_contains_everything_within_its_angle(
    heading: float, fov: float, reach: float, off: float
) -> None:
    sector = field_of_view(PlacedCamera(C, "f", None, (3, -4), heading, fov, reach))
    bearing = math.radians(heading + off)
    spot = Spot(3 + 0.5 * reach * math.sin(bearing), -4 + 0.5 * reach * math.cos(bearing))
    assert sector.is_valid
    if abs(off) < fov / 2 - 0.01:
        assert sector.contains(spot)
    if abs(off) > fov / 2 + 0.01:
        assert not sector.contains(spot)


@settings(max_examples=150, deadline=None)
@given(at=insides, heading=bearings, fov=fields, share=st.floats(0.02, 0.98), along=st.floats(0, 1))
def test_nothing_in_a_cone_is_behind_a_wall(
    at: tuple[float, float], heading: float, fov: float, share: float, along: float
) -> None:
    found = sightings(placed(at, heading, fov))
    cone, eye = found.cones[C], found.eyes[C]
    rim = cone.exterior.interpolate(along, normalized=True)
    target = (eye[0] + share * (rim.x - eye[0]), eye[1] + share * (rim.y - eye[1]))
    # A cone is the union of lines from its eye, and only the ends of walls may touch such a line.
    line = LineString([eye, target])
    for wall in found.walls[0]:
        met = LineString([wall[:2], wall[2:]]).intersection(line)
        assert met.is_empty or min(met.distance(Spot(end)) for end in (wall[:2], wall[2:])) < 0.02


@settings(max_examples=100, deadline=None)
@given(at=insides, heading=bearings, fov=fields, reach=st.floats(1, 60))
def test_a_clipped_cone_is_within_the_field_of_view_and_contains_the_eye(
    at: tuple[float, float], heading: float, fov: float, reach: float
) -> None:
    one = placed(at, heading, fov, reach)
    found = sightings(one)
    cone, eye = found.cones[C], found.eyes[C]
    whole = field_of_view(one, eye)
    assert cone.is_valid
    assert cone.difference(whole.buffer(1e-6)).area < 1e-6
    assert cone.area <= whole.area + 1e-6
    assert cone.distance(Spot(eye)) < 1e-6


@settings(max_examples=50, deadline=None)
@given(at=insides, other=insides)
def test_two_cameras_that_look_everywhere_see_each_other_or_neither(
    at: tuple[float, float], other: tuple[float, float]
) -> None:
    a, b = CameraId("a"), CameraId("b")
    found = sightings(placed(at, 0, 360, 60, a), placed(other, 0, 360, 60, b))
    seen = [found.cones[a].covers(Spot(found.eyes[b])), found.cones[b].covers(Spot(found.eyes[a]))]
    rims = [
        found.cones[a].boundary.distance(Spot(found.eyes[b])),
        found.cones[b].boundary.distance(Spot(found.eyes[a])),
    ]
    assert seen[0] == seen[1] or min(rims) < 0.05


def test_a_camera_in_an_empty_field_sees_its_whole_range() -> None:
    one = placed((-20, -20), 225, reach=50)
    assert sightings(one).cones[C].area == pytest.approx(field_of_view(one).area)


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        pytest.param({}, False, id="a closed door"),
        pytest.param({"glass": True}, True, id="a glass door"),
        pytest.param({"normally_open": True}, True, id="a door that stands open"),
    ],
)
def test_a_camera_sees_only_through_glass_and_open_doors(more: dict[str, object], seen: bool) -> None:
    door = point("d", (16, 4), type="door", name="D", kind="interior", floor="ground", heading=90, **more)
    geometry = cameras_of(camera("c", (9, 4), 90), door)
    assert geometry.cone(C).contains(Spot(18, 4)) is seen
    assert not geometry.cone(C).contains(Spot(18, 1.5)), "beside the door"


@pytest.mark.parametrize("see_through", [True, False])
def test_a_camera_sees_through_a_window_if_the_plan_says_so(see_through: bool) -> None:
    window = point("w", (4, 0), type="window", number="W", floor="ground", heading=180, see_through=see_through)
    geometry = cameras_of(camera("c", (4, 6), 180), window)
    assert geometry.cone(C).contains(Spot(4, -3)) is see_through


def test_hallways_that_touch_are_open_unless_there_is_a_door_between_them() -> None:
    one = camera("c", (18, 11), 180)
    assert cameras_of(one).cone(C).contains(Spot(18, 4))
    door = point("d", (18, 8), type="door", name="Fire door", kind="interior", floor="ground", heading=0, width=2)
    assert not cameras_of(one, door).cone(C).contains(Spot(18, 4))


@pytest.mark.parametrize("at", [(0, 10), (-0.3, 10), (0.05, 10)])
def test_a_camera_drawn_on_or_behind_its_wall_looks_into_its_room(at: tuple[float, float]) -> None:
    geometry = cameras_of(camera("c", at, 90, room="hallway"))
    assert geometry.cone(C).contains(Spot(8, 10))


@pytest.mark.parametrize("at", [(18, 0.1), (18, 0), (18, -0.1)])
def test_an_outdoor_camera_drawn_on_its_wall_looks_outdoors(at: tuple[float, float]) -> None:
    cone = sightings(PlacedCamera(C, "ground", None, at, 180, 90, 15)).cones[C]
    assert cone.contains(Spot(18, -8))
    assert not cone.contains(Spot(18, 2))


@pytest.mark.parametrize(
    ("one", "room", "seen"),
    [
        pytest.param(camera("c", (1, 1), 45), "101", True, id="in the room itself"),
        pytest.param(camera("c", (0.5, 0.5), 225), "101", False, id="in the room, facing its corner"),
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
def test_a_camera_sees_a_room_or_its_door_but_not_through_walls(one: Feature, room: str, seen: bool) -> None:
    geometry = cameras_of(one)
    assert [sighting.camera_id for sighting in geometry.seeing_room(room)] == ["c"] * seen


def test_the_camera_that_sees_best_comes_first() -> None:
    geometry = cameras_of(
        camera("a-far", (1, 10), 90, range=20),
        camera("b-near", (6, 10), 90, range=20),
        camera("c-at-the-edge", (6, 10), 60, range=20),
        camera("d-away", (6, 10), 270, range=20),
    )
    assert [s.camera_id for s in geometry.seeing_point("ground", (12, 10))] == ["b-near", "a-far", "c-at-the-edge"]
    near = geometry.seeing_point("ground", (12, 10))[0]
    assert (near.distance_m, near.off_axis) == (6, 0)
    assert [s.camera_id for s in geometry.seeing_door("door-102")] == ["b-near", "a-far"]


def test_a_camera_that_shows_the_room_comes_before_one_that_only_shows_its_door() -> None:
    geometry = cameras_of(camera("door", (12, 10), 180), camera("inside", (9, 1), 45))
    assert [s.camera_id for s in geometry.seeing_room("102")] == ["inside", "door"]
    assert geometry.seeing_room("102")[0].share > 0.7
