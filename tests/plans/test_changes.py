"""Tests what the person who publishes a plan is told about its changes."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.plans.changes import Change, ChangeKind, changes
from rig.example import ROOT

PLAN: dict[str, Any] = json.loads((ROOT / "config" / "plans" / "oak.geojson").read_text())


@pytest.fixture
def plan() -> dict[str, Any]:
    return copy.deepcopy(PLAN)


def feature(plan: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in plan["features"] if one["properties"]["type"] == kind)
    return found


def test_an_identical_plan_has_no_changes(plan: dict[str, Any]) -> None:
    assert changes(PLAN, plan) == []


def test_a_new_number_is_shown_with_the_old_one(plan: dict[str, Any]) -> None:
    room = next(one for one in plan["features"] if one["properties"].get("kind") == "classroom")
    before, room["properties"]["number"] = room["properties"]["number"], "199"
    [change] = changes(PLAN, plan)
    assert change.kind is ChangeKind.CHANGED
    assert change.feature == room["id"]
    assert change.details == (f"number: {before}, now 199",)


def test_a_camera_that_was_turned_and_moved_is_reported_as_both(plan: dict[str, Any]) -> None:
    camera = feature(plan, "camera")
    camera["properties"]["heading"] = 12.5
    longitude, latitude = camera["geometry"]["coordinates"]
    camera["geometry"]["coordinates"] = [longitude, latitude + 0.00009]  # about ten metres of a meridian
    [change] = changes(PLAN, plan)
    assert change.details[0].endswith("now 12.5")
    assert change.details[1] == "moved by 10.0 m"


def test_removals_are_listed_before_additions(plan: dict[str, Any]) -> None:
    door = feature(plan, "door")
    plan["features"].remove(door)
    room = copy.deepcopy(feature(plan, "room"))
    room["id"], room["properties"]["name"], room["properties"]["number"] = "oak-room-new", "Music", "12"
    plan["features"].append(room)
    assert [(change.kind, change.name) for change in changes(PLAN, plan)] == [
        (ChangeKind.REMOVED, " ".join(filter(None, (door["properties"].get("number"), door["properties"]["name"])))),
        (ChangeKind.ADDED, "12 Music"),
    ]


def test_a_changed_outline_is_shown_with_its_old_and_new_area(plan: dict[str, Any]) -> None:
    room = feature(plan, "room")
    [ring] = room["geometry"]["coordinates"]
    middle = [sum(position[axis] for position in ring) / len(ring) for axis in (0, 1)]
    room["geometry"]["coordinates"] = [[[(a + b) / 2 for a, b in zip(p, middle, strict=True)] for p in ring]]
    [change] = changes(PLAN, plan)
    assert change.details[0].startswith("outline changed: ")


def test_a_room_named_after_its_number_is_not_given_the_number_twice() -> None:
    room = {"type": "Feature", "id": "a", "properties": {"type": "room", "name": "Classroom 12", "number": "12"}}
    assert changes({}, {"features": [room]}) == [Change(ChangeKind.ADDED, "a", "room", "Classroom 12")]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    features=st.lists(st.fixed_dictionaries({"id": st.just("oak"), "properties": json_values, "geometry": json_values}))
)
def test_a_draft_that_is_not_a_valid_plan_yet_can_be_compared(features: list[dict[str, Any]]) -> None:
    changes(PLAN, {"features": features})
    changes({"features": features}, PLAN)
