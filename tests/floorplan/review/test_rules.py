from datetime import date
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.floorplan.load import parse_plan
from gateway.floorplan.model import FloorPlan
from gateway.floorplan.review.needs import NEEDS, State, answer
from gateway.floorplan.review.rules import builtin_laws, read_laws
from tests.floorplan.drawing import area, plan, point, school, surroundings

TODAY = date(2026, 9, 1)


def test_every_law_cites_the_source_of_each_row_and_says_what_was_not_read() -> None:
    laws = {law.name: law for law in builtin_laws()}
    assert list(laws) == ["New Jersey", "Florida", "Oklahoma", "Nebraska", "Michigan", "Texas"]
    assert all(law.cites and law.rows and all(row.at for row in law.rows) for law in laws.values())
    assert {name for name, law in laws.items() if not law.unread} == {"New Jersey", "Oklahoma"}


def test_every_requirement_of_a_law_has_an_answer_for_any_plan() -> None:
    for small in (plan(), plan(*surroundings())):
        for need in NEEDS:
            assert answer(need, small, TODAY).words


@pytest.mark.parametrize(
    ("need", "before", "after"),
    [
        ("parking", State.MISSING, State.HERE),
        ("roads", State.MISSING, State.HERE),
        ("access_points", State.HERE, State.HERE),
        ("athletic_fields", State.MISSING, State.MISSING),
        ("hazards", State.MISSING, State.HERE),
        ("aerial_imagery", State.ELSEWHERE, State.ELSEWHERE),
        ("floor_plans", State.MISSING, State.MISSING),
        ("hallway_names", State.HERE, State.HERE),
        ("exterior_door_numbers", State.HERE, State.HERE),
        ("stairwell_numbers", State.MISSING, State.MISSING),
        ("door_or_stairwell_numbers", State.HERE, State.HERE),
        ("grid", State.HERE, State.HERE),
    ],
)
def test_drawn_things_are_present_and_all_others_are_missing(need: str, before: State, after: State) -> None:
    hazard = point("h", (1, 1), type="feature", kind="hazard", name="Pool", hazard="chlorine", floor="ground")
    assert answer(need, plan(), TODAY).state is before
    assert answer(need, plan(*surroundings(), hazard), TODAY).state is after


def test_if_only_some_rooms_have_numbers_the_requirement_is_not_met() -> None:
    shed = area("s", (1, 1, 2, 2), type="room", name="Shed", kind="storage", floor="upper")
    found = answer("room_numbers", plan(shed), TODAY)
    assert (found.state, found.words) == (State.MISSING, "2 of 4 rooms have a number")


def verified(on: str, how: str) -> FloorPlan:
    document = school()
    site = document["features"][0]["properties"]
    del site["verified_on"]
    site["verifications"] = [{"side": "police", "on": on, "by": "sergeant 1", "how": how}]
    return parse_plan(document, "plan")


@pytest.mark.parametrize(
    ("on", "how", "ever", "yearly"),
    [
        ("2026-08-01", "walk_through", State.HERE, State.HERE),
        ("2025-08-01", "walk_through", State.HERE, State.MISSING),
        ("2026-08-01", "desk_review", State.MISSING, State.MISSING),
    ],
)
def test_only_a_walk_through_counts_as_one_and_it_must_be_less_than_a_year_old(
    on: str, how: str, ever: State, yearly: State
) -> None:
    walked = verified(on, how)
    assert answer("walk_through", walked, TODAY).state is ever
    assert answer("annual_walk_through", walked, TODAY).state is yearly


def test_a_district_may_write_its_own_rules(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("- name: Our county\n  cites: Order 7\n  rows:\n    - {asks: aeds, at: section 2}\n")
    [law] = read_laws(rules)
    assert (law.name, law.rows[0].asks) == ("Our county", "aeds")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- name: A\n  cites: B\n  rows:\n    - {asks: aed, at: 1}\n", "1.rows.1.asks: must be one of: floor_plans"),
        ("- name: A\n  rows: []\n", "1.cites: is missing"),
        ("[", "is not readable YAML in UTF-8"),
    ],
)
def test_a_mistake_in_rules_is_reported_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_laws(rules)
    assert any(line.startswith(f"{rules}: {problem}") for line in caught.value.problems), caught.value.problems
