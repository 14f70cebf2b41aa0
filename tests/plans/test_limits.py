"""A draft that somebody sends cannot keep the gateway busy, whatever is in it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.floorplan.document import text_of
from gateway.models import CameraId
from gateway.plans.changes import changes
from gateway.plans.limits import MOST_FEATURES, read_draft
from gateway.plans.version import MOST_PROBLEMS, check
from rig.example import ROOT

PLAN: dict[str, Any] = json.loads((ROOT / "config" / "plans" / "oak.geojson").read_text())
POINT = {"type": "Point", "coordinates": [-89.6, 40.7]}


def draft(**feature: Any) -> bytes:
    known = {"type": "Feature", "id": "a", "properties": {"type": "room"}, "geometry": POINT}
    return json.dumps({"features": [known | feature]}).encode()


def test_a_whole_plan_is_read_as_it_is() -> None:
    assert read_draft(json.dumps(PLAN).encode()) == PLAN
    assert read_draft(text_of(PLAN).encode()) == PLAN


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"features": [0]}', "must be an object"),
        (b'{"features": [1e999]}', "ordinary size"),
        (b'{"features": [' + b"9" * 400 + b"]}", "ordinary size"),
        (draft(id="x" * 200), "1 to 100 characters"),
        (draft(properties={"type": "room", "name": "x" * 1000}), "at most 300 characters"),
        (draft(properties={"type": "room", "name": {"a": {"b": 1}}}), "at most 300 characters"),
        (draft(properties={}), '"type"'),
        (draft(geometry={"type": "Point", "coordinates": [40.7, -104.0]}), "longitude, latitude"),
        (draft(geometry={"type": "Polygon", "coordinates": 3}), "lists of positions"),
        (draft(geometry={"type": "Cloud", "coordinates": []}), "Point, a LineString or a Polygon"),
        (draft(properties={"type": "room", "name": "\ud800"}), "UTF-8"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_what_no_plan_has_is_refused_with_a_sentence(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_draft(body)
    assert words in refused.value.detail


def test_a_plan_with_too_many_features_or_positions_is_refused() -> None:
    one = {"type": "Feature", "id": "a", "properties": {"type": "room"}, "geometry": POINT}
    with pytest.raises(BadRequest, match="3000 features"):
        read_draft(json.dumps({"features": [one] * (MOST_FEATURES + 1)}).encode())
    line = {"type": "LineString", "coordinates": [[0, 0]] * 40_000}
    with pytest.raises(BadRequest, match="30000 positions"):
        read_draft(draft(geometry=line))


def test_no_more_problems_are_named_than_somebody_can_fix_at_once() -> None:
    room = next(one for one in PLAN["features"] if one["properties"]["type"] == "room")
    many = [room | {"id": f"copy-{number}"} for number in range(400)]
    checked = check(PLAN | {"features": PLAN["features"] + many}, {CameraId("oak-hallway")})
    assert checked.plan is None
    assert len(checked.problems) == MOST_PROBLEMS


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@given(st.lists(st.fixed_dictionaries({"id": values, "properties": values, "geometry": values}), max_size=3))
def test_anything_is_read_or_refused_and_what_is_read_can_be_written_checked_and_compared(features: list[Any]) -> None:
    try:
        document = read_draft(json.dumps({"features": features}).encode())
    except BadRequest:
        return
    assert json.loads(text_of(document)) == document
    check(document, ())
    changes(PLAN, document)
