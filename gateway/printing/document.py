"""Puts a school's sheets together as one PDF: the site, each floor, and an index of rooms, cameras and lockers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from gateway.floorplan.grid import Grid, grid_of
from gateway.floorplan.kinds import FeatureKind, Side
from gateway.floorplan.model import FloorPlan
from gateway.floorplan.signs import SIGNS
from gateway.floorplan.verification import newest
from gateway.floorplan.words import room_words
from gateway.models import CameraId
from gateway.printing import ink
from gateway.printing.paper import FOOTER, HEADER, MARGIN, SIZES, Fitted, Paper, fit
from gateway.printing.sheet import draw_floor, draw_site, floor_bounds

MARK = "LAW ENFORCEMENT SENSITIVE: do not copy, publish or leave behind"
LINE = 10.5
"""Height of a line of the index, in points."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Says which version of the plan is printed, and when. ``cameras`` maps the cameras to show to their names."""

    version: int
    sha256: bytes
    printed_at: datetime
    cameras: Mapping[CameraId, str]

    def words(self) -> str:
        """Return the line that identifies this print."""
        return f"Version {self.version}, {self.sha256.hex()[:12]}, printed {self.printed_at:%Y-%m-%d %H:%M}"


def verified(plan: FloorPlan) -> str:
    """Return when the plan was verified, and by whom and how on each side."""
    sides = [found for side in Side if (found := newest(plan.verifications, side)) is not None]
    by = [f"{one.side.value}: {one.on}, {one.by}, {one.how.value.replace('_', ' ')}" for one in sides]
    return f"Verified {plan.verified_on}" + (f" ({'; '.join(by)})" if by else "")


def short_names(plan: FloorPlan, cameras: Collection[CameraId]) -> dict[CameraId, str]:
    """Return a short name for each camera: C1, C2 and so on, in the order of the plan."""
    shown = [camera.id for camera in plan.cameras if camera.id in cameras]
    return {camera: f"C{number}" for number, camera in enumerate(shown, 1)}


def print_plan(plan: FloorPlan, edition: Edition, paper: Paper) -> bytes:
    """Return the PDF of a whole school. It takes up to a second."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=SIZES[paper], invariant=1)
    canvas.setTitle(f"{plan.name}, floor plan, version {edition.version}")
    canvas.setAuthor("Sightline")
    grid, names = grid_of(plan), short_names(plan, edition.cameras)
    _page(canvas, plan, edition, paper, "Site")
    fitted = fit(grid.bounds, paper)
    draw_site(canvas, plan, grid, fitted, names)
    _foot(canvas, paper, fitted)
    for floor in sorted(plan.floors, key=lambda floor: (floor.building_id, floor.level)):
        _page(canvas, plan, edition, paper, f"{plan.building(floor.building_id).name}, {floor.name}")
        fitted = fit(floor_bounds(floor, plan, names), paper)
        draw_floor(canvas, plan, floor, grid, fitted, names)
        _foot(canvas, paper, fitted)
    _index(canvas, plan, edition, paper, grid, names)
    canvas.save()
    return file.getvalue()


def _page(canvas: Canvas, plan: FloorPlan, edition: Edition, paper: Paper, title: str) -> None:
    """Begin a page with its header."""
    if canvas.getPageNumber() > 1 or getattr(canvas, "_code", None):
        canvas.showPage()
    width, height = SIZES[paper]
    top = height - MARGIN
    canvas.setFillGray(0)
    canvas.setFont(ink.BOLD, 15)
    canvas.drawString(MARGIN, top - 13, f"{plan.name}: {title}")
    canvas.setFont(ink.PLAIN, 8.5)
    canvas.drawString(MARGIN, top - 26, " \u00b7 ".join(filter(None, (plan.address, verified(plan)))))
    canvas.setFont(ink.BOLD, 9)
    canvas.drawRightString(width - MARGIN, top - 12, MARK)
    canvas.setFont(ink.PLAIN, 8)
    canvas.drawRightString(width - MARGIN, top - 26, edition.words())
    canvas.setLineWidth(1)
    canvas.setStrokeGray(0)
    canvas.line(MARGIN, top - HEADER + 12, width - MARGIN, top - HEADER + 12)


def _foot(canvas: Canvas, paper: Paper, fitted: Fitted) -> None:
    """Draw the scale bar, the north arrow and the legend below a drawing."""
    width, _ = SIZES[paper]
    y = MARGIN + FOOTER / 2 - 4
    ink.scale_bar(canvas, (MARGIN, y + 4), fitted)
    ink.north(canvas, (width - MARGIN - 8, y - 2))
    x = MARGIN + 190
    canvas.setFont(ink.PLAIN, 7)
    for sign in SIGNS.values():
        wide, _ = ink.sign_size(sign)
        canvas.setFont(ink.PLAIN, 7)
        words = canvas.stringWidth(sign.words, ink.PLAIN, 7)
        if x + wide + words + 14 > width - MARGIN - 30:
            x, y = MARGIN + 190, y - 15
        ink.sign(canvas, (x + wide / 2, y + 8), sign)
        canvas.setFillGray(0)
        canvas.setFont(ink.PLAIN, 7)
        canvas.drawString(x + wide + 3, y + 5.5, sign.words)
        x += wide + words + 13


def _index(
    canvas: Canvas, plan: FloorPlan, edition: Edition, paper: Paper, grid: Grid, names: Mapping[CameraId, str]
) -> None:
    """Write the index in columns, on as many pages as it needs."""
    width, height = SIZES[paper]
    columns = max(2, int((width - 2 * MARGIN) // 230))
    wide = (width - 2 * MARGIN) / columns
    top, bottom = height - MARGIN - HEADER, MARGIN + 4
    column, y = columns, bottom
    for words, font in _entries(plan, edition, grid, names):
        if y - LINE < bottom:
            column, y = column + 1, top
            if column >= columns:
                _page(canvas, plan, edition, paper, "Index")
                column = 0
        y -= LINE
        canvas.setFillGray(0)
        canvas.setFont(font, 8)
        canvas.drawString(MARGIN + column * wide, y, ink.cut(words, font, 8, wide - 8))


def _entries(plan: FloorPlan, edition: Edition, grid: Grid, names: Mapping[CameraId, str]) -> Iterable[tuple[str, str]]:
    floors = {floor.id: floor.name for floor in plan.floors}
    yield "ROOMS, with the cell of the grid", ink.BOLD
    for room in sorted(plan.rooms, key=lambda room: (room.number == "", _natural(room.number), room.name)):
        windows = f", windows {', '.join(room.windows)}" if room.windows else ""
        yield f"{grid.cell_at(room.label) or ''}   {room_words(room)} ({floors[room.floor_id]}){windows}", ink.PLAIN
    yield "", ink.PLAIN
    yield "CAMERAS", ink.BOLD
    for camera in plan.cameras:
        if camera.id in names:
            where = ", ".join(filter(None, (edition.cameras[camera.id], grid.cell_at(camera.position))))
            yield f"{names[camera.id]}   {where} ({floors[camera.floor_id]})", ink.PLAIN
    lockers = [f for f in plan.features if f.kind is FeatureKind.SUPPLY_LOCKER or f.contents]
    if lockers:
        yield "", ink.PLAIN
        yield "LOCKERS AND THEIR CONTENTS", ink.BOLD
    for locker in lockers:
        checked = f", checked {locker.checked_on}" if locker.checked_on else ", last check not known"
        yield f"{grid.cell_at(locker.position) or ''}   {SIGNS[locker.kind].words}: {locker.name}{checked}", ink.PLAIN
        for item in locker.contents:
            yield f"        {item}", ink.PLAIN


def _natural(number: str) -> Sequence[tuple[int, str]]:
    """Return a key that sorts room 9 before room 10. Digits beyond the ninth do not count."""
    digits = "".join(character for character in number if character.isdecimal())[:9]
    return [(int(digits) if digits else 0, number)]
