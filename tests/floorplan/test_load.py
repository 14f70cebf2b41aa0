import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationError
from gateway.floorplan.load import load_plan, parse_plan
from gateway.floorplan.model import DoorKind, RoomKind
from tests.floorplan.drawing import ANCHOR, area, camera, degrees, plan, point, school


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


def test_a_camera_hangs_in_the_room_around_it_unless_it_hangs_outdoors() -> None:
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
            "plan: 101: properties.type must be one of: site, building, floor, room, door, feature, camera; "
            "did you mean 'room'?",
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
            ("c", lambda f: f["properties"].update(room="101")), "plan: c: does not hang in room '101'", id="not there"
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
            "plan: door-101: is in no wall",
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


def test_all_problems_are_told_at_once() -> None:
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
def test_any_rubbish_is_refused_in_words(rubbish: object) -> None:
    for document in (rubbish, {"type": "FeatureCollection", "features": rubbish}, _with(rubbish)):
        assert all(line.startswith("plan: ") for line in problems_of(document))


@given(rubbish=json_values, where=st.sampled_from(["id", "properties", "geometry"]))
def test_any_rubbish_in_a_feature_is_refused_in_words(rubbish: object, where: str) -> None:
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
def test_a_file_that_is_no_plan_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "plan.geojson"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(f"{path}{problem}")
