"""Plans are printed for many people: one at a time for each person, and no plan twice."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.floorplan.model import FloorPlan
from gateway.models import CameraId, SiteId
from gateway.printing import printer as module
from gateway.printing.document import Edition
from gateway.printing.paper import Paper
from gateway.printing.printer import KEPT, Printer
from tests.attacks.test_floods import told_to_wait
from tests.floorplan.drawing import plan
from tests.in_process import LINCOLN, House
from tests.in_process import house as house

SMALL = plan()
EDITION = Edition(1, bytes(32), datetime(2026, 11, 27, 12, 30, 10, tzinfo=UTC), {CameraId("lobby"): "Lobby"})


class Press:
    """Stands in for the drawing of a PDF, and takes until the test lets it end."""

    def __init__(self) -> None:
        self.printed: list[tuple[Edition, Paper]] = []
        self.broken = False
        self.started, self.may_end = threading.Event(), threading.Event()
        self.may_end.set()

    def print_plan(self, _: FloorPlan, edition: Edition, paper: Paper) -> bytes:
        self.printed.append((edition, paper))
        self.started.set()
        assert self.may_end.wait(10)
        if self.broken:
            raise ValueError("this plan cannot be drawn")
        return f"PDF {len(self.printed)}".encode()


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    made = Press()
    monkeypatch.setattr(module, "print_plan", made.print_plan)
    return made


@pytest.fixture
def printer() -> Iterator[Printer]:
    made = Printer()
    yield made
    made.close()


async def printed(
    printer: Printer, owner: str = "a", edition: Edition = EDITION, paper: Paper = Paper.A4, site: str = LINCOLN
) -> bytes | None:
    return await printer.print(owner, SiteId(site), SMALL, edition, paper)


async def test_a_person_may_wait_for_one_print_at_a_time(press: Press, printer: Printer) -> None:
    press.may_end.clear()
    first = asyncio.create_task(printed(printer))
    assert await asyncio.to_thread(press.started.wait, 10)
    assert await printed(printer, paper=Paper.A3) is None
    other = asyncio.create_task(printed(printer, "b", paper=Paper.A3))
    press.may_end.set()
    assert (await first, await other) == (b"PDF 1", b"PDF 2")
    assert await printed(printer, paper=Paper.A3) == b"PDF 2"


async def test_what_two_people_print_at_the_same_time_is_drawn_once(press: Press, printer: Printer) -> None:
    later = replace(EDITION, printed_at=EDITION.printed_at + timedelta(seconds=49))
    both = await asyncio.gather(printed(printer, "a"), printed(printer, "b", later))
    assert set(both) == {b"PDF 1"}


@pytest.mark.parametrize(
    "other",
    [
        replace(EDITION, version=2),
        replace(EDITION, sha256=bytes(31) + b"1"),
        replace(EDITION, printed_at=EDITION.printed_at + timedelta(seconds=50)),
        replace(EDITION, cameras={}),
        replace(EDITION, cameras={CameraId("lobby"): "Front lobby"}),
    ],
)
async def test_another_edition_is_drawn_again(press: Press, printer: Printer, other: Edition) -> None:
    assert await printed(printer) == b"PDF 1"
    assert await printed(printer, edition=other) == b"PDF 2"


async def test_another_school_and_another_paper_are_drawn_again(press: Press, printer: Printer) -> None:
    assert await printed(printer) == b"PDF 1"
    assert await printed(printer, site="oak") == b"PDF 2"
    assert await printed(printer, paper=Paper.A3) == b"PDF 3"


async def test_only_the_last_few_prints_are_kept(press: Press, printer: Printer) -> None:
    for version in range(KEPT + 1):
        await printed(printer, edition=replace(EDITION, version=version))
    assert await printed(printer, edition=replace(EDITION, version=KEPT)) == f"PDF {KEPT + 1}".encode()
    assert await printed(printer, edition=replace(EDITION, version=0)) == f"PDF {KEPT + 2}".encode()


async def test_after_a_print_that_failed_a_person_may_print_again(press: Press, printer: Printer) -> None:
    press.broken = True
    with pytest.raises(ValueError, match="cannot be drawn"):
        await printed(printer)
    press.broken = False
    assert await printed(printer) == b"PDF 2"


async def test_a_printer_closes_while_something_is_printed(press: Press, printer: Printer) -> None:
    press.may_end.clear()
    first = asyncio.create_task(printed(printer))
    assert await asyncio.to_thread(press.started.wait, 10)
    printer.close()
    press.may_end.set()
    assert await first == b"PDF 1"
    with pytest.raises(RuntimeError):
        await printed(printer, "b", paper=Paper.A3)


async def test_the_second_of_two_prints_at_once_by_one_person_is_429(press: Press, house: House) -> None:
    patrol = await house.sign_in("patrol")
    press.may_end.clear()
    first = asyncio.create_task(patrol.get(f"/api/sites/{LINCOLN}/plan/print"))
    assert await asyncio.to_thread(press.started.wait, 10)
    await told_to_wait(house, patrol.get(f"/api/sites/{LINCOLN}/plan/print"), whose="sign_in")
    press.may_end.set()
    assert (await first).body == b"PDF 1"
    assert len(await house.records("plan_printed")) == 1


async def test_every_print_is_on_record_also_one_that_is_kept(press: Press, house: House) -> None:
    patrol = await house.sign_in("patrol")
    for _ in range(2):
        assert (await patrol.get(f"/api/sites/{LINCOLN}/plan/print")).body == b"PDF 1"
    assert len(await house.records("plan_printed")) == 2


async def test_a_print_that_failed_is_not_on_record(press: Press, house: House) -> None:
    patrol = await house.sign_in("patrol")
    press.broken = True
    assert (await patrol.get(f"/api/sites/{LINCOLN}/plan/print")).problem(500) == "internal_error"
    assert await house.records("plan_printed") == []
