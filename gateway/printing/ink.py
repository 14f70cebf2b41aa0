"""Draws the parts of a sheet with reportlab, black on white: outlines, signs, labels, the grid, the scale bar."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import cos, radians, sin

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from gateway.floorplan.grid import LETTERS, Grid
from gateway.floorplan.model import Point
from gateway.floorplan.signs import Shape, Sign
from gateway.printing.paper import RULER, Fitted
from gateway.printing.placing import Placed, box_around, edge_towards

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
ROOM_NUMBER, ROOM_NAME, SIGN = 9.0, 7.0, 7.0
"""Font sizes in points. Nothing on the drawing is smaller than 7 points, which one can read at arm's length."""
LEADING = 1.15
PADDING = {Shape.HEXAGON: 10, Shape.PENTAGON: 8, Shape.DIAMOND: 18}
"""Points by which a sign is wider than its letters."""


def outline(canvas: Canvas, points: Sequence[Point], line: float, grey: float | None = None) -> None:
    """Draw a closed outline, filled with a grey from 0 (black) to 1 (white), or not at all."""
    path = canvas.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.close()
    canvas.setLineWidth(line)
    canvas.setStrokeGray(0)
    if grey is not None:
        canvas.setFillGray(grey)
    canvas.drawPath(path, stroke=1, fill=int(grey is not None))


def text(canvas: Canvas, at: Point, lines: Iterable[tuple[str, str, float]], grey: float = 0.0) -> None:
    """Write lines of (words, font, size) around a point, the first on top."""
    lines = list(lines)
    height = sum(size * LEADING for _, _, size in lines)
    x, y = at[0], at[1] + height / 2
    canvas.setFillGray(grey)
    for words, font, size in lines:
        y -= size * LEADING
        canvas.setFont(font, size)
        canvas.drawCentredString(x, y + size * 0.25, words)


def size_of(lines: Iterable[tuple[str, str, float]]) -> tuple[float, float]:
    """Return the width and height of lines as ``text`` writes them."""
    lines = list(lines)
    width = max((stringWidth(words, font, size) for words, font, size in lines), default=0.0)
    return width + 2, sum(size * LEADING for _, _, size in lines)


def cut(words: str, font: str, size: float, width: float) -> str:
    """Return the words, shortened with an ellipsis if they are wider than ``width`` points."""
    if stringWidth(words, font, size) <= width:
        return words

    def shortened(length: int) -> str:
        return words[:length].rstrip() + "\u2026"

    fitting = bisect_right(range(len(words)), width, key=lambda length: stringWidth(shortened(length), font, size))
    return shortened(fitting - 1) if fitting else ""


def sign_size(sign: Sign) -> tuple[float, float]:
    """Return the width and height of a sign on paper."""
    width = stringWidth(sign.short, BOLD, SIGN) + PADDING.get(sign.shape, 6)
    return max(width, 13.0), 21.0 if sign.shape is Shape.DIAMOND else 13.0


def sign(canvas: Canvas, at: Point, what: Sign) -> None:
    """Draw the sign of something that responders look for."""
    width, height = sign_size(what)
    left, bottom, right, top = box_around(at, width, height)
    canvas.setLineWidth(1)
    canvas.setStrokeGray(0)
    canvas.setFillGray(0 if what.filled else 1)
    if what.shape is Shape.SQUARE:
        canvas.rect(left, bottom, width, height, stroke=1, fill=1)
    elif what.shape is Shape.CIRCLE:
        canvas.roundRect(left, bottom, width, height, height / 2, stroke=1, fill=1)
    else:
        cut = 4.0
        middle = (bottom + top) / 2
        corners = {
            Shape.HEXAGON: [(left, middle), (left + cut, top), (right - cut, top), (right, middle),
                            (right - cut, bottom), (left + cut, bottom)],
            Shape.PENTAGON: [(left, bottom), (left, top - cut), (at[0], top + 2), (right, top - cut), (right, bottom)],
            Shape.DIAMOND: [(left, middle), (at[0], top), (right, middle), (at[0], bottom)],
        }[what.shape]  # fmt: skip
        outline(canvas, corners, 1, 0 if what.filled else 1)
    text(canvas, at, [(what.short, BOLD, SIGN)], 1 if what.filled else 0)


def door(canvas: Canvas, at: Point, heading: float, width: float, *, exterior: bool) -> None:
    """Draw a door as a gap in its wall with jambs. ``width`` is in points."""
    along = radians(heading + 90)
    dx, dy = sin(along) * width / 2, cos(along) * width / 2
    canvas.setStrokeGray(1)
    canvas.setLineWidth(4 if exterior else 2.4)
    canvas.line(at[0] - dx, at[1] - dy, at[0] + dx, at[1] + dy)
    out = radians(heading)
    ox, oy = sin(out) * 3, cos(out) * 3
    canvas.setStrokeGray(0)
    canvas.setLineWidth(1)
    for end in (-1, 1):
        x, y = at[0] + end * dx, at[1] + end * dy
        canvas.line(x - ox, y - oy, x + ox, y + oy)


def camera(canvas: Canvas, at: Point, heading: float) -> None:
    """Draw a camera as a triangle that points where it looks."""
    corners = []
    for turn, length in ((0, 7.0), (140, 4.5), (-140, 4.5)):
        bearing = radians(heading + turn)
        corners.append((at[0] + sin(bearing) * length, at[1] + cos(bearing) * length))
    outline(canvas, corners, 0.8, 0)


def leader(canvas: Canvas, placed: Placed) -> None:
    """Draw the line from a label that had to move to the point that it is about, with a dot at its end."""
    if not placed.leads:
        return
    canvas.setStrokeGray(0)
    canvas.setLineWidth(0.5)
    canvas.line(*edge_towards(placed.box, placed.label.about), *placed.label.about)
    canvas.setFillGray(0)
    canvas.circle(*placed.label.about, 1.1, stroke=0, fill=1)


def grid(canvas: Canvas, what: Grid, fitted: Fitted) -> None:
    """Draw the lines of the grid that cross the frame, with their letters and numbers on all four sides."""
    left, bottom, right, top = fitted.frame
    canvas.setStrokeGray(0.6)
    canvas.setLineWidth(0.3)
    canvas.setDash(1, 2)
    for column in range(what.columns + 1):
        x = fitted.at((what.west + column * what.cell_m, 0))[0]
        if left - 0.1 <= x <= right + 0.1:
            canvas.line(x, bottom, x, top)
        middle = x + what.cell_m * fitted.per_metre / 2
        if column < what.columns and left < middle < right:
            for y in (top + RULER / 2, bottom - RULER / 2):
                text(canvas, (middle, y), [(LETTERS[column], BOLD, 10)])
    for row in range(what.rows + 1):
        y = fitted.at((0, what.north - row * what.cell_m))[1]
        if bottom - 0.1 <= y <= top + 0.1:
            canvas.line(left, y, right, y)
        middle = y - what.cell_m * fitted.per_metre / 2
        if row < what.rows and bottom < middle < top:
            for x in (left - RULER / 2, right + RULER / 2):
                text(canvas, (x, middle), [(str(row + 1), BOLD, 10)])
    canvas.setDash()
    canvas.setStrokeGray(0)
    canvas.setLineWidth(1)
    canvas.rect(left, bottom, right - left, top - bottom, stroke=1, fill=0)


def north(canvas: Canvas, at: Point) -> None:
    """Draw the arrow to true north, which is up."""
    x, y = at
    outline(canvas, [(x, y + 11), (x - 5, y - 7), (x, y - 3), (x + 5, y - 7)], 0.8, 0)
    text(canvas, (x, y + 17), [("N", BOLD, 9)])


def scale_bar(canvas: Canvas, at: Point, fitted: Fitted) -> None:
    """Draw a scale bar in metres and feet, with the scale below it. Its left end is ``at``."""
    x, y = at
    metres = next((m for m in (5, 10, 20, 50, 100, 200) if m * fitted.per_metre >= 70), 200)
    feet = next((f for f in (20, 50, 100, 200, 500) if f * 0.3048 * fitted.per_metre >= 60), 500)
    canvas.setStrokeGray(0)
    canvas.setLineWidth(1)
    for length, words, side in (
        (metres * fitted.per_metre, f"{metres} m", 1),
        (feet * 0.3048 * fitted.per_metre, f"{feet} ft", -1),
    ):
        canvas.line(x, y, x + length, y)
        canvas.line(x + length, y, x + length, y + 4 * side)
        canvas.line(x, y - 4, x, y + 4)
        canvas.setFillGray(0)
        canvas.setFont(PLAIN, 8)
        canvas.drawString(x + length + 3, y + (1 if side > 0 else -7), words)
    canvas.setFont(PLAIN, 8)
    canvas.drawString(x, y - 15, f"1 : {fitted.scale}")
