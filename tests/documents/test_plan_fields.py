"""The table of what laws ask names every need, and every law that asks for it."""

import re
from pathlib import Path

from gateway.floorplan.review.needs import NEEDS
from gateway.floorplan.review.rules import builtin_laws

TABLE = (Path(__file__).parents[2] / "docs" / "plan-fields.md").read_text()
ROWS = dict(re.findall(r"^\|[^|]+\| `(\w+)` \|[^|]+\|([^|]+)\|$", TABLE, re.MULTILINE)[1:])


def test_every_need_has_its_row_with_those_who_ask_for_it() -> None:
    asked = {
        need: ", ".join(law.name for law in builtin_laws() if any(row.asks == need for row in law.rows))
        for need in NEEDS
    }
    said = {need: by or "no law on its own" for need, by in asked.items()}
    assert {need: by.strip() for need, by in ROWS.items()} == said
