"""Runs ``sightline plan check`` and ``sightline plan coverage``: prints what a plan lacks, and what its cameras see."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway.config_loader import load_without_secrets
from gateway.errors import ConfigurationError
from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.review.coverage import FloorCoverage, RoomCoverage, coverage
from gateway.floorplan.review.drawing import coverage_svg
from gateway.floorplan.review.findings import findings
from gateway.floorplan.review.needs import NEEDS, answer
from gateway.floorplan.review.rules import Law, builtin_laws, read_laws
from gateway.models import SiteId


def check(config: Path, site: str | None, rules: Path | None, today: date, console: Console) -> None:
    """Print what is missing or doubtful in the plans, and what laws require of them. Raises ConfigurationError."""
    laws = builtin_laws() if rules is None else read_laws(rules)
    for geometry in _plans(config, site):
        plan = geometry.plan
        console.print(f"[bold]{plan.name}[/bold]: {len(plan.rooms)} rooms, {len(plan.cameras)} cameras")
        found = findings(geometry, today)
        _table(console, ("where", "missing or doubtful"), found)
        if not found:
            console.print("Nothing is missing or doubtful.")
        console.print()
        _table(console, ("asked for", "asked by", "the plan", "found"), _asked(geometry, laws, today))
        for law in laws:
            if law.unread:
                console.print(f"Not read for this list: {law.cites}: {law.unread}.", markup=False)
        console.print("This list says what is drawn. It does not say that a plan complies with any law.\n")


def cover(config: Path, site: str | None, svg: Path | None, console: Console) -> None:
    """Print what cameras see of the plans, and draw it in the folder ``svg`` if it is given.

    Raises ConfigurationError, also if the drawing cannot be written.
    """
    for geometry in _plans(config, site):
        floors = coverage(geometry)
        console.print(f"[bold]{geometry.plan.name}[/bold]")
        for covered in floors:
            _table(console, ("room", "seen", "seen twice", "by"), map(_row, covered.rooms))
            console.print(f"{_name(geometry, covered)}: {_percent(covered.seen_share)} seen, {_summary(covered)}\n")
        if svg is not None:
            path = svg / f"{geometry.plan.name.lower().replace(' ', '-')}-coverage.svg"
            try:
                svg.mkdir(parents=True, exist_ok=True)
                path.write_text(coverage_svg(geometry, floors), encoding="utf-8")
            except OSError as error:
                raise ConfigurationError([f"{svg}: cannot be written: {error.strerror}"]) from error
            console.print(f"Drawn in {path}\n", markup=False)


def _plans(config: Path, site: str | None) -> Iterable[Geometry]:
    loaded = load_without_secrets(config)
    if site is not None and SiteId(site) not in loaded.plans:
        raise ConfigurationError([f"there is no school '{site}'; there are: {', '.join(loaded.plans)}"])
    return (Geometry(plan) for known, plan in loaded.plans.items() if site in (None, known))


def _asked(geometry: Geometry, laws: Sequence[Law], today: date) -> Iterable[tuple[str, str, str, str]]:
    """Yield a row for each thing that some law requires, in the order of ``NEEDS``."""
    for need, (words, _) in NEEDS.items():
        by = [f"{law.name} {row.at}" for law in laws for row in law.rows if row.asks == need]
        if by:
            found = answer(need, geometry.plan, today)
            yield words, ", ".join(by), found.state.value, found.words


def _row(covered: RoomCoverage) -> tuple[str, str, str, str]:
    room = covered.room
    name = room.name if room.number in ("", *room.name.split()) else f"{room.number} {room.name}"
    seen = "only its door" if covered.door_only else _percent(covered.seen) if covered.cameras else "not seen"
    return name, seen, _percent(covered.twice) if covered.twice else "", ", ".join(covered.cameras[:3])


def _summary(covered: FloorCoverage) -> str:
    unseen = sum(not room.cameras for room in covered.rooms)
    return f"{_percent(covered.twice_share)} twice; {unseen} of {len(covered.rooms)} rooms not even at their door"


def _name(geometry: Geometry, covered: FloorCoverage) -> str:
    return f"{geometry.plan.building(covered.floor.building_id).name}, {covered.floor.name}"


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"


def _table(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(*heads, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    if table.row_count:
        console.print(table)
