from datetime import date

import pytest

from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.load import parse_plan
from gateway.floorplan.review.findings import findings
from tests.floorplan.drawing import Feature, area, camera, plan, point, school

TODAY = date(2026, 9, 1)


def found(*more: Feature) -> dict[str, list[str]]:
    by_id: dict[str, list[str]] = {}
    for identifier, words in findings(Geometry(plan(*more)), TODAY):
        by_id.setdefault(identifier, []).append(words)
    return by_id


def exterior(identifier: str, at: tuple[float, float], heading: float, **more: object) -> Feature:
    properties = {"name": "Side", "kind": "exterior", "floor": "ground", "heading": heading, **more}
    return point(identifier, at, type="door", **properties)


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        pytest.param(exterior("x", (20, 10), 90), "exterior door 'Side' has no number", id="door without number"),
        pytest.param(exterior("x", (20, 10), 90, number="2"), "no camera sees exterior door 'Side'", id="unseen door"),
        pytest.param(
            point("x", (20, 10), type="door", name="D", kind="interior", floor="ground", heading=90),
            "door 'D' does not lead to a drawn room on one side",
            id="door to nowhere",
        ),
        pytest.param(camera("x", (19.5, 4), 90), "faces a wall 0.5 m away", id="camera at a wall"),
        pytest.param(camera("x", (-0.3, 10), 90, room="hallway"), "is drawn in a wall", id="camera in a wall"),
        pytest.param(
            camera("x", (10, 7), 0, floor="upper"), "is drawn inside the building, but not in a room", id="lost"
        ),
        pytest.param(
            area("x", (-0.4, 12.1, 0.6, 12.9), type="room", name="Box", number="9", kind="storage", floor="ground"),
            "overlaps 'room-gym' by 0.48 square metres",
            id="overlap",
        ),
        pytest.param(
            area("x", (1, 1, 3, 3), type="room", name="Attic", kind="storage", floor="upper"),
            "Attic has no number",
            id="room without number",
        ),
        pytest.param(
            area("x", (1, 1, 3, 3), type="room", name="Attic", kind="storage", floor="upper"),
            "there is no way to Attic from outside",
            id="unreachable",
        ),
        pytest.param(
            area("x", (1, 1, 3, 3), type="room", name="Stair", number="A", kind="stairwell", floor="upper"),
            "Stair does not lead to another floor",
            id="stairs to nowhere",
        ),
        pytest.param(
            point("x", (1, 1), type="feature", kind="supply_locker", name="Locker", floor="ground"),
            "'Locker' does not say what it contains",
            id="empty locker",
        ),
        pytest.param(
            point("x", (1, 1), type="feature", kind="aed", name="AED", floor="ground", checked_on="2025-06-01"),
            "'AED' was last checked 15 months ago, on 2025-06-01",
            id="old check",
        ),
        pytest.param(
            point("x", (1, 1), type="feature", kind="hazard", name="Tank", floor="ground"),
            "'Tank' does not say what is dangerous",
            id="nameless hazard",
        ),
    ],
)
def test_anything_missing_or_doubtful_is_reported_with_its_place(feature: Feature, words: str) -> None:
    assert any(line.startswith(words) for line in found(feature)["x"]), found(feature)["x"]


def test_rooms_that_no_camera_sees_are_named() -> None:
    unseen = {identifier for identifier, words in found(camera("c", (1, 10), 90)).items() if "no camera" in words[-1]}
    assert unseen == {"lobby", "door-1"}


def test_a_plan_says_who_verified_it() -> None:
    assert found()["plan"][0].startswith("says when it was verified, but not by whom")
    document = school()
    site = document["features"][0]["properties"]
    del site["verified_on"]
    site["verifications"] = [{"side": "school", "on": "2025-01-01", "by": "coordinator 1", "how": "walk_through"}]
    told = [words for _, words in findings(Geometry(parse_plan(document, "plan")), TODAY)]
    assert "20 months ago" in told[0]
    assert told[1] == "Nobody from the police has verified the plan."
