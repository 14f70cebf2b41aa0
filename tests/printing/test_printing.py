"""The sheets that officers carry show every number. They show nothing that is hidden, and no label covers another."""

import re
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth
from typer.testing import CliRunner

from gateway.cli import app
from gateway.floorplan.kinds import FeatureKind
from gateway.floorplan.model import FloorPlan
from gateway.floorplan.signs import SIGNS
from gateway.models import CameraId
from gateway.printing import ink
from gateway.printing.document import Edition, print_plan
from gateway.printing.paper import MILLIMETRE, SCALES, SIZES, Paper, drawing_area, fit
from gateway.printing.placing import Label, overlap, place
from rig.example import ENVIRONMENT, ROOT
from tests.floorplan.drawing import area, camera, plan, point, surroundings
from tests.in_process import LINCOLN, NURSE, House, example
from tests.in_process import house as house

FRAME = (0.0, 0.0, 400.0, 300.0)


@cache
def pages(site: str, paper: Paper = Paper.LETTER) -> list[str]:
    """Return the text of every page of a printed school of the example."""
    plan = next(plan for known, plan in example().plans.items() if known == site)
    cameras = {camera.id: f"camera {camera.id}" for camera in plan.cameras if camera.id != NURSE}
    printed_at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    return texts(print_plan(plan, Edition(3, bytes(range(32)), printed_at, cameras), paper))


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def words(text: str) -> set[str]:
    return set(re.findall(r"[\w-]+", text))


@pytest.mark.parametrize("site", ["lincoln", "oak"])
@pytest.mark.parametrize("paper", Paper)
def test_every_room_number_and_every_outside_door_is_on_the_sheet_of_its_floor(site: str, paper: Paper) -> None:
    plan = next(plan for known, plan in example().plans.items() if known == site)
    floors = sorted(plan.floors, key=lambda floor: (floor.building_id, floor.level))
    for floor, text in zip(floors, pages(site, paper)[1:], strict=False):
        numbers = {room.number for room in plan.rooms if room.floor_id == floor.id and room.number}
        numbers |= {door.number for door in plan.doors if door.floor_id == floor.id and door.number}
        assert numbers <= words(text), floor.id


def test_every_page_says_which_version_it_is_when_it_was_verified_and_how_it_must_be_kept() -> None:
    for text in pages("lincoln"):
        assert "Version 3, 000102030405, printed 2026-11-27" in text
        assert "Verified 20" in text
        assert "LAW ENFORCEMENT SENSITIVE" in text


def test_the_index_names_each_room_with_its_cell_and_each_camera_but_those_shown_to_nobody() -> None:
    index = "\n".join(text for text in pages("lincoln") if ": Index" in text)
    plan = next(plan for known, plan in example().plans.items() if known == "lincoln")
    assert {room.number for room in plan.rooms if room.number} <= words(index)
    assert "camera lincoln-lobby" in index
    assert NURSE not in index
    assert "LOCKERS" in index


def text_of(plan: FloorPlan, **cameras: str) -> list[str]:
    """Return the text of every page of a plan for somebody who may know about ``cameras``."""
    names = {CameraId(camera): name for camera, name in cameras.items()}
    edition = Edition(3, bytes(range(32)), datetime(2026, 11, 27, 12, tzinfo=UTC), names)
    return texts(print_plan(plan, edition, Paper.LETTER))


@pytest.mark.parametrize("at", [(25.0, 5.0), (60.0, 50.0)])
def test_a_hidden_outdoor_camera_does_not_change_anything_on_paper(at: tuple[float, float]) -> None:
    # The place of the point on the sheet of a floor shows how far that sheet extends.
    beside = point("meet-2", (24.5, 5), type="feature", kind="assembly_point", name="Lawn", floor="ground")
    lobby, mast = camera("lobby-camera", (17, 4), 0), camera("mast", at, 180)
    without, with_mast = plan(lobby, beside, *surroundings()), plan(lobby, beside, mast, *surroundings())
    edition = Edition(3, bytes(32), datetime(2026, 11, 27, 12, tzinfo=UTC), {CameraId("lobby-camera"): "Lobby"})
    assert print_plan(with_mast, edition, Paper.LETTER) == print_plan(without, edition, Paper.LETTER)


def test_a_camera_outside_the_grid_is_in_the_index_without_a_cell() -> None:
    index = text_of(plan(camera("mast", (60, 50), 180)), mast="Mast")[-1]
    assert "Mast (Ground floor)" in index


@pytest.mark.parametrize(
    ("number", "printed"), [("10\u00b2", "10\u00b2"), ("\u2460", "ROOMS"), ("9" * 5000, "9999\u2026")]
)
def test_an_unusual_room_number_is_printed_too(number: str, printed: str) -> None:
    odd = area("odd", (0, 0, 8, 8), type="room", name="Store", number=number, kind="storage", floor="upper")
    assert printed in text_of(plan(odd))[-1]


@given(st.text(st.characters(codec="cp1252", exclude_categories=["C"]), max_size=60), st.floats(0, 200))
def test_words_are_cut_to_the_longest_part_that_fits(words: str, width: float) -> None:
    def fits(text: str) -> bool:
        return stringWidth(text, ink.PLAIN, 8) <= width

    shortened = [words[:length].rstrip() + "\u2026" for length in range(len(words))]
    longest = max(filter(fits, shortened), key=len, default="")
    assert ink.cut(words, ink.PLAIN, 8, width) == (words if fits(words) else longest)


def test_every_kind_of_thing_has_a_sign_of_its_own() -> None:
    assert set(SIGNS) == set(FeatureKind)
    assert len({sign.short for sign in SIGNS.values()}) == len(SIGNS)


@pytest.mark.parametrize("paper", Paper)
@given(width=st.floats(1, 900), height=st.floats(1, 600))
def test_what_is_drawn_fits_the_paper_at_a_scale_for_a_ruler(paper: Paper, width: float, height: float) -> None:
    fitted = fit((10.0, 20.0, 10.0 + width, 20.0 + height), paper)
    left, bottom, right, top = drawing_area(paper)
    assert fitted.scale in SCALES
    for corner in ((10.0, 20.0), (10.0 + width, 20.0 + height)):
        x, y = fitted.at(corner)
        assert left - 1e-6 <= x <= right + 1e-6
        assert bottom - 1e-6 <= y <= top + 1e-6
    assert fitted.per_metre * fitted.scale == pytest.approx(1000 * MILLIMETRE)
    assert right < SIZES[paper][0]


@given(
    st.lists(
        st.tuples(st.floats(30, 370), st.floats(30, 270), st.floats(5, 30), st.floats(5, 15)), min_size=1, max_size=12
    )
)
def test_labels_do_not_cover_each_other(drawn: list[tuple[float, float, float, float]]) -> None:
    labels = [Label(str(n), (x, y), width, height) for n, (x, y, width, height) in enumerate(drawn)]
    placed = place(labels, [], FRAME)
    assert [one.label for one in placed] == labels
    for one, other in combinations(placed, 2):
        assert not overlap(one.box, other.box)
    for one in placed:
        assert one.leads == (one.at != one.label.about)


def test_a_label_without_any_free_place_stays_where_it_belongs() -> None:
    [one] = place([Label("a", (200.0, 150.0), 20, 10)], [FRAME], FRAME)
    assert (one.at, one.leads) == ((200.0, 150.0), False)


async def test_whoever_may_see_a_plan_may_print_it_and_that_is_on_record(house: House) -> None:
    patrol = await house.sign_in("patrol")
    answer = await patrol.get(f"/api/sites/{LINCOLN}/plan/print?paper=a4")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    text = "\n".join(texts(answer.body))
    assert "Version 0" in text
    nurse = next(camera for camera in house.loaded.settings.sites[0].cameras if CameraId(camera.id) == NURSE)
    assert nurse.name not in text
    [printed] = await house.records("plan_printed")
    assert (printed.event.site, printed.event.detail) == (LINCOLN, {"version": 0, "paper": "a4"})
    assert (await patrol.get(f"/api/sites/{LINCOLN}/plan/print?paper=poster")).problem(400) == "bad_paper"
    stranger = await house.stranger()
    assert (await stranger.get(f"/api/sites/{LINCOLN}/plan/print")).problem(401) == "sign_in_needed"


def test_the_command_prints_the_file_or_says_which_schools_there_are(tmp_path: Path) -> None:
    config = str(ROOT / "config" / "sightline.yaml")
    out = tmp_path / "plan.pdf"
    run = CliRunner(env=ENVIRONMENT).invoke
    printed = run(app, ["plan", "print", "oak", "--out", str(out), "--config", config, "--paper", "tabloid"])
    assert printed.exit_code == 0, printed.output
    assert out.read_bytes().startswith(b"%PDF")
    assert "Oak Elementary School" in texts(out.read_bytes())[0]
    assert run(app, ["plan", "print", "elm", "--config", config]).exit_code == 1
