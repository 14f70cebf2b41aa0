import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationError
from gateway.floorplan.kinds import DoorKind, GateKind, GroundKind, RoomKind
from gateway.floorplan.load import load_plan, parse_plan
from tests.floorplan.drawing import ANCHOR, area, camera, degrees, plan, point, school, surroundings


def problems_of(document: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        parse_plan(document, "plan")
    return caught.value.problems


def without(document: dict[str, Any], identifier: str) -> dict[str, Any]:
    return {**document, "features": [f for f in document["features"] if f["id"] != identifier]}


def changed(identifier: str, change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = school(camera("c", (1, 10), 90))
    change(next(f for f in document["features"] if f["id"] == identifier))
    return document


def test_a_plan_is_read_in_metres() -> None:
    small = plan(camera("c", (1, 10), 90))
    assert small.name == "Small School"
    assert small.verified_on == date(2026, 8, 1)
    assert small.anchor == pytest.approx(ANCHOR)
    room = small.room("102")
    assert (room.kind, room.number, room.floor_id) == (RoomKind.CLASSROOM, "102", "ground")
    assert [c for p in room.outline for c in p] == pytest.approx([8, 0, 16, 0, 16, 8, 8, 8, 8, 0], abs=1e-3)
    assert room.label == pytest.approx((12, 4), abs=1e-3)
    door = next(d for d in small.doors if d.id == "door-1")
    assert (door.kind, door.number, door.heading) == (DoorKind.EXTERIOR, "1", 180)


def test_a_camera_is_in_the_room_around_it_unless_it_is_outdoors() -> None:
    small = plan(camera("in", (1, 10), 90), camera("out", (18, -3), 0), camera("said", (8.2, 4), 0, room="101"))
    assert [c.room_id for c in small.cameras] == ["hallway", None, "101"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(
            ("101", lambda f: f["properties"].update(kind="clasroom")),
            "plan: 101: properties.kind: must be one of: 'classroom', 'office'",
            id="unknown kind",
        ),
        pytest.param(
            ("101", lambda f: f["properties"].update(nmae="x")),
            "plan: 101: properties.nmae: is not a known key; did you mean 'name'?",
            id="unknown key",
        ),
        pytest.param(
            ("101", lambda f: f["properties"].update(type="rom")),
            "plan: 101: properties.type must be one of: site, ground, gate, building, floor, room, door, window, "
            "feature, camera; did you mean 'room'?",
            id="unknown type",
        ),
        pytest.param(
            ("school", lambda f: f["properties"].update(verified_on="last summer")),
            "plan: school: properties.verified_on: must be a date such as 2027-06-30",
            id="no date",
        ),
        pytest.param(
            ("c", lambda f: f["properties"].update(heading=360)),
            "plan: c: properties.heading: must be less than 360",
            id="heading out of range",
        ),
        pytest.param(
            ("101", lambda f: f["properties"].update(floor="grund")),
            "plan: 101: floor 'grund' is not in the plan; did you mean 'ground'?",
            id="unknown floor",
        ),
        pytest.param(
            ("ground", lambda f: f["properties"].update(building="barn")),
            "plan: ground: building 'barn' is not in the plan",
            id="unknown building",
        ),
        pytest.param(
            ("upper", lambda f: f["properties"].update(level=0)),
            "plan: upper: level 0 of the building is also the level of 'ground'",
            id="two floors of one level",
        ),
        pytest.param(
            ("102", lambda f: f["properties"].update(number="101")),
            "plan: 102: room number 101 is also the number of '101'",
            id="two rooms of one number",
        ),
        pytest.param(
            ("102", lambda f: f.update(id="101")),
            "plan: 101: the id is used 2 times; it must be unique in the plan",
            id="two features of one id",
        ),
        pytest.param(("101", lambda f: f.pop("id")), 'plan: feature 5: needs an "id" that is text', id="no id"),
        pytest.param(
            ("c", lambda f: f["properties"].update(room="101")), "plan: c: is not in room '101'", id="not there"
        ),
        pytest.param(
            ("c", lambda f: f["properties"].update(floor="upper", room="hallway")),
            "plan: c: room 'hallway' is on floor 'ground', not on 'upper'",
            id="room of another floor",
        ),
        pytest.param(
            ("c", lambda f: f["geometry"].update(coordinates=degrees(200, 0))),
            "plan: c: is 180 m outside floor 'ground'; at most 60 m are allowed",
            id="far outside",
        ),
        pytest.param(
            ("door-101", lambda f: f["geometry"].update(coordinates=degrees(4, 4))),
            "plan: door-101: is not in a wall",
            id="door in no wall",
        ),
        pytest.param(
            ("c", lambda f: f["geometry"]["coordinates"].reverse()),
            "plan: c: is 14539 km from the site's point: are longitude and latitude swapped?",
            id="longitude and latitude swapped",
        ),
        pytest.param(
            ("c", lambda f: f["geometry"].update(coordinates=[10**400, 0])),
            "plan: c: a position is outside the world",
            id="outside the world",
        ),
        pytest.param(
            ("101", lambda f: f["geometry"]["coordinates"][0].pop()),
            "plan: 101: an outline needs four or more positions, the last the same as the first",
            id="open ring",
        ),
        pytest.param(
            ("101", lambda f: f["geometry"]["coordinates"].append([])),
            "plan: 101: an outline must not have a hole",
            id="hole",
        ),
        pytest.param(
            (
                "101",
                lambda f: f["geometry"].update(
                    coordinates=[[degrees(*p) for p in ((0, 0), (8, 8), (8, 0), (0, 8), (0, 0))]]
                ),
            ),
            "plan: 101: the outline crosses itself",
            id="bow tie",
        ),
        pytest.param(
            ("101", lambda f: f.update(geometry=None)), "plan: 101: geometry must be a Polygon", id="no geometry"
        ),
    ],
)
def test_a_broken_feature_is_named_with_what_is_wrong(
    change: tuple[str, Callable[[dict[str, Any]], object]], problem: str
) -> None:
    found = problems_of(changed(*change))
    assert any(line.startswith(problem) for line in found), found


def test_rooms_may_neither_overlap_nor_leave_their_floor() -> None:
    def room(identifier: str, box: tuple[float, float, float, float]) -> dict[str, Any]:
        return area(identifier, box, type="room", name="New", kind="office", floor="ground")

    found = problems_of(school(room("over", (7, 1, 9, 3)), room("beyond", (19, 13, 25, 14))))
    assert "plan: over: overlaps '101' by 2.0 square metres" in found
    assert "plan: beyond: reaches beyond the outline of floor 'ground'" in found


def test_all_problems_are_reported_at_once() -> None:
    document = school(
        camera("blind", (1, 10), 90, fov=0),
        point("box", (1, 1), type="feature", kind="key_bx", name="Key box", floor="ground"),
        camera("lost", (1, 10), 90, floor="roof"),
    )
    document["features"].append("rubbish")
    found = problems_of(document)
    assert [line.split(": ")[1] for line in found] == ["blind", "box", "feature 17"]
    document["features"] = [f for f in document["features"] if f != "rubbish" and f["id"] not in ("blind", "box")]
    assert problems_of(document) == ["plan: lost: floor 'roof' is not in the plan"]


@pytest.mark.parametrize("count", [0, 2])
def test_a_plan_has_exactly_one_site(count: int) -> None:
    document = without(school(), "school")
    document["features"] += [
        point(f"s{i}", (0, 0), type="site", name="S", verified_on="2026-08-01") for i in range(count)
    ]
    assert problems_of(document) == [f"plan: needs exactly one feature of type site, has {count}"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(rubbish=json_values)
def test_any_garbage_is_refused_in_words(rubbish: object) -> None:
    for document in (rubbish, {"type": "FeatureCollection", "features": rubbish}, _with(rubbish)):
        assert all(line.startswith("plan: ") for line in problems_of(document))


@given(rubbish=json_values, where=st.sampled_from(["id", "properties", "geometry"]))
def test_any_garbage_in_a_feature_is_refused_in_words(rubbish: object, where: str) -> None:
    document = changed("lobby", lambda feature: feature.update({where: rubbish}))
    if where == "id" and isinstance(rubbish, str) and rubbish:
        return
    assert all(line.startswith("plan: ") for line in problems_of(document))


def _with(rubbish: object) -> dict[str, Any]:
    document = school()
    document["features"].append(rubbish)
    return document


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.geojson"
    path.write_text(json.dumps(school()), encoding="utf-8")
    assert load_plan(path) == plan()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"type":\n "FeatureCollection",,', ":2: is not JSON: "),
        (b"\xff\xfe", ": is not readable JSON in UTF-8"),
        (b"[" * 200_000, ": is not readable JSON in UTF-8"),
        (b"[" + b"9" * 5000 + b"]", ": is not readable JSON in UTF-8"),
        (None, ": cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_not_a_plan_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "plan.geojson"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(f"{path}{problem}")


def test_everything_that_responders_need_is_read() -> None:
    full = plan(*surroundings())
    [lot, street] = full.grounds
    assert (lot.kind, lot.is_area, len(lot.points)) == (GroundKind.PARKING, True, 5)
    assert (street.kind, street.is_area, len(street.points)) == (GroundKind.ROAD, False, 2)
    [gate] = full.gates
    assert (gate.number, gate.kind, gate.opens_by, gate.override_reader) == ("G1", GateKind.VEHICLE, "fire key", True)
    meet, locker = full.features
    assert meet.floor_id is None
    assert (locker.contents, locker.checked_on) == (("keys", "bolt cutters"), date(2026, 8, 1))
    [window] = full.windows
    assert (window.number, window.room_id, window.drawn) == ("101-W1", "101", True)


def test_an_exterior_door_belongs_to_the_perimeter_unless_the_plan_says_otherwise() -> None:
    doors = [
        point("a", (20, 10), type="door", name="Side", number="2", kind="exterior", floor="ground", heading=90),
        point("b", (0, 10), type="door", name="Yard", kind="exterior", floor="ground", heading=270, perimeter=False),
        point("c", (8, 4), type="door", name="Office", kind="interior", floor="ground", heading=90, perimeter=True),
    ]
    found = {door.id: door.perimeter for door in plan(*doors).doors}
    assert (found["a"], found["b"], found["c"], found["door-101"]) == (True, False, True, False)


def test_windows_that_are_only_named_are_spread_along_the_outside_wall_from_left_to_right() -> None:
    document = changed("101", lambda f: f["properties"].update(windows=["W1", "W2"]))
    windows = parse_plan(document, "plan").windows
    assert [(w.number, w.room_id, w.drawn) for w in windows] == [("W1", "101", False), ("W2", "101", False)]
    # Room 101 has outside walls to the west and the south, of the same length. Seen from outside, W1 is left of W2.
    (x0, y0), (x1, y1) = (w.position for w in windows)
    assert (round(x0), round(y0), round(x1), round(y1)) in {(2, 0, 6, 0), (0, 6, 0, 2)}
    assert round(windows[0].heading) == (180 if y0 < 1 else 270)


def stairs(identifier: str, floor: str, **more: object) -> dict[str, Any]:
    box = (16.0, 1.0, 20.0, 5.0)
    properties = {"name": "Stairs", "number": "A", "kind": "stairwell", "floor": floor, **more}
    return area(identifier, box, type="room", **properties)


def test_a_stairwell_has_the_same_number_on_every_floor() -> None:
    document = without(school(stairs("up", "upper", joins=["down"]), stairs("down", "ground")), "lobby")
    assert parse_plan(document, "plan").room("up").joins == ("down",)
    document = without(school(stairs("up", "upper"), stairs("down", "ground", kind="office")), "lobby")
    assert problems_of(document) == ["plan: down: room number A is also the number of 'up'"]


@pytest.mark.parametrize(
    ("joins", "problem"),
    [
        ("nowhere", "up: room 'nowhere' is not in the plan"),
        ("101", "up: joins '101', which is not a stairwell"),
        ("beside", "up: joins 'beside', which is on the same floor"),
    ],
)
def test_a_stairwell_joins_only_stairwells_of_other_floors(joins: str, problem: str) -> None:
    beside = area("beside", (1, 1, 2, 2), type="room", name="Beside", kind="stairwell", floor="upper")
    assert problems_of(school(stairs("up", "upper", joins=[joins]), beside)) == [f"plan: {problem}"]


@pytest.mark.parametrize("given", [{}, {"verified_on": "2026-08-01", "verifications": [{"side": "school"}]}])
def test_a_plan_says_in_only_one_way_when_it_was_verified(given: dict[str, object]) -> None:
    document = changed("school", lambda f: f["properties"].pop("verified_on"))
    next(f for f in document["features"] if f["id"] == "school")["properties"].update(given)
    assert any(line.startswith("plan: school: properties") for line in problems_of(document))


@pytest.mark.parametrize(
    ("geometry", "problem"),
    [
        ({"type": "LineString", "coordinates": [[0, 0]]}, "a line needs two or more positions"),
        ({"type": "Point", "coordinates": [0, 0]}, "geometry must be a Polygon or a LineString"),
    ],
)
def test_grounds_are_areas_or_lines(geometry: dict[str, object], problem: str) -> None:
    ground = {
        "type": "Feature",
        "id": "road",
        "properties": {"type": "ground", "kind": "road", "name": "Road"},
        "geometry": geometry,
    }
    assert problems_of(school(ground)) == [f"plan: road: {problem}"]
