"""A soak can fail: every kind of leak is reported."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.soak.run import Rest
from tests.soak.verdict import HEAP_MOVES, RESIDENT_MOVES, verdict

CALM = Rest(visits=0, tasks=Counter({"media": 1}), descriptors=50, sessions=0, kept=1, heap=5 << 20, resident=200 << 20)


def rounds(**last: Any) -> list[Rest]:
    """Return a warm-up that left much behind, calm rounds, and rounds that differ from them in the given way."""
    return [replace(CALM, heap=0, descriptors=10), *[CALM] * 3, *[replace(CALM, **last)] * 3]


def test_a_gateway_that_holds_no_more_than_before_has_left_nothing_behind() -> None:
    assert verdict(rounds()) == []
    assert verdict(rounds(heap=CALM.heap + HEAP_MOVES, resident=CALM.resident + RESIDENT_MOVES, descriptors=49)) == []


@pytest.mark.parametrize(
    ("last", "word"),
    [
        ({"sessions": 1}, "open"),
        ({"kept": 2}, "held"),
        ({"tasks": Counter({"media": 1, "media session x": 1})}, "media session x"),
        ({"descriptors": 51}, "descriptors"),
        ({"heap": CALM.heap + HEAP_MOVES + 1}, "heap"),
        ({"resident": CALM.resident + RESIDENT_MOVES + 1}, "resident"),
    ],
)
def test_anything_left_behind_is_reported(last: dict[str, Any], word: str) -> None:
    [fault] = verdict(rounds(**last))
    assert word in fault
