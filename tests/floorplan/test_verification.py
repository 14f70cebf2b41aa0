from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.floorplan.kinds import Method, Side
from gateway.floorplan.verification import Verification, months_since, verification_warnings, verified_since

TODAY = date(2026, 11, 15)


def verified(side: Side, on: date, how: Method = Method.WALK_THROUGH) -> Verification:
    return Verification(side, on, "sergeant 1", how)


@pytest.mark.parametrize(
    ("day", "months"),
    [
        (date(2026, 11, 15), 0),
        (date(2026, 10, 16), 0),
        (date(2026, 10, 15), 1),
        (date(2025, 11, 16), 11),
        (date(2025, 11, 15), 12),
        (date(2024, 2, 29), 32),
        (date(2027, 1, 1), 0),
    ],
)
def test_only_whole_months_count(day: date, months: int) -> None:
    assert months_since(day, TODAY) == months


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 5000))
def test_a_plan_never_gets_younger(day: date, later: int) -> None:
    assert months_since(day, TODAY) >= months_since(day + timedelta(days=later), TODAY)


def test_a_plan_is_as_old_as_the_older_of_both_sides_verifications() -> None:
    school = verified(Side.SCHOOL, date(2026, 10, 1))
    police = [verified(Side.POLICE, date(2024, 1, 1)), verified(Side.POLICE, date(2026, 2, 1))]
    assert verified_since([school, *police]) == date(2026, 2, 1)
    assert verified_since([school]) == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("since", "verifications", "words"),
    [
        pytest.param(date(2026, 8, 1), (), (), id="a date alone is enough"),
        pytest.param(date(2025, 8, 1), (), ("last verified on 2025-08-01, 15 months ago",), id="too long ago"),
        pytest.param(date(2026, 12, 1), (), ("in the future",), id="a slip of the pen"),
        pytest.param(
            date(2026, 8, 1),
            (verified(Side.SCHOOL, date(2026, 8, 1)),),
            ("Nobody from the police has verified",),
            id="one side only",
        ),
        pytest.param(
            date(2026, 8, 1),
            (verified(Side.SCHOOL, date(2026, 8, 1), Method.DESK_REVIEW), verified(Side.POLICE, date(2025, 8, 1))),
            ("Nobody has walked through the school with the plan in the last 12 months",),
            id="only at a desk",
        ),
        pytest.param(
            date(2026, 8, 1),
            (verified(Side.SCHOOL, date(2026, 8, 1)), verified(Side.POLICE, date(2026, 8, 2), Method.DESK_REVIEW)),
            (),
            id="both sides, one with a walk",
        ),
    ],
)
def test_problems_with_a_verification_are_described_in_words(
    since: date, verifications: tuple[Verification, ...], words: tuple[str, ...]
) -> None:
    told = verification_warnings(since, verifications, TODAY)
    assert len(told) == len(words)
    assert all(word in line for word, line in zip(words, told, strict=True))
