"""Writes both plans."""

from pathlib import Path

from scripts.example_plans.lincoln import lincoln
from scripts.example_plans.oak import oak

PLANS = Path(__file__).parent.parent.parent / "config" / "plans"

for site in (lincoln(), oak()):
    (PLANS / f"{site.name}.geojson").write_text(site.text(), encoding="utf-8")
