"""Draws what different numbers of cameras cost while nobody is watching: an SVG with panels for CPU and memory.
Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH, HEIGHT = 1000, 420
TOP, BOTTOM, PANEL, LEFT, GAP = 56, 60, 300, 60, 190
OWN, OTHERS = "#1f5fa8", "#6b6b6b"
SHAPES = (("", "circle"), ("6 4", "square"), ("2 4", "diamond"), ("8 3 2 3", "triangle"))
"""Dash pattern and marker of each line, in the order of the rows, so that lines can be told apart without colour."""
LEAST_DELIVERED, MOST_BEHIND = 0.98, 0.5
"""A server that read a smaller share of the pictures due, or left more seconds of them unread, did not keep up."""
LABEL_APART = 15.0


@dataclass(frozen=True, slots=True)
class Panel:
    """The position of a panel, and the ends of its axes."""

    left: float
    most_cameras: float
    most: float

    def x(self, cameras: float) -> float:
        """Return the horizontal position of a number of cameras."""
        return self.left + PANEL * cameras / self.most_cameras

    def y(self, value: float) -> float:
        """Return the vertical position of a figure."""
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.most


def draw(found: dict[str, Any]) -> str:
    """Draw the idle series ``found``, by number of cameras. Hollow markers show servers that did not keep up."""
    names = list(dict.fromkeys(name for rows in found.values() for name, row in rows.items() if "cores" in row))
    counts = [row["cameras"] for rows in found.values() for row in rows.values() if "cores" in row]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    lines = [head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    panels: tuple[tuple[str, str, Callable[[float], str]], ...] = (
        ("cores", "CPU while nobody is watching, cores", "{:g}".format),
        ("pss_mb", "Memory (PSS), MB", "{:g}".format),
    )
    for number, (key, title, written) in enumerate(panels):
        values = [row[key] for rows in found.values() for row in rows.values() if key in row]
        panel = Panel(LEFT + number * (PANEL + GAP), max(counts, default=1), round_up(max(values, default=1)))
        lines += _axes(panel, title, written)
        lines += _lines(panel, key, names, found)
    lines.append(
        f'<text x="{LEFT}" y="{HEIGHT - 10}" font-size="11" fill="#444">Cameras of 1 Mbit/s at 15 pictures per second. '
        "Hollow marks: it did not keep up, on two cores that the cameras were using too.</text>"
    )
    return "\n".join([*lines, "</svg>", ""])


def kept_up(row: dict[str, Any]) -> bool:
    """Return True if the server read what the cameras sent as they sent it."""
    return bool(row["delivered"] >= LEAST_DELIVERED and row["behind"] <= MOST_BEHIND)


def round_up(value: float) -> float:
    """Round up to the next 1, 2, 2.5 or 5 times a power of ten."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def _axes(panel: Panel, title: str, written: Callable[[float], str]) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, panel.left + PANEL
    found = [f'<text x="{panel.left:.0f}" y="24" font-size="14">{escape(title)}</text>']
    for part in range(6):
        value, cameras = panel.most * part / 5, panel.most_cameras * part / 5
        y, x = panel.y(value), panel.x(cameras)
        found.append(f'<path d="M{panel.left:.0f} {y:.1f}H{right:.0f}" stroke="#ddd"/>')
        found.append(
            f'<text x="{panel.left - 6:.0f}" y="{y + 4:.1f}" font-size="11" text-anchor="end">{written(value)}</text>'
        )
        found.append(
            f'<text x="{x:.0f}" y="{bottom + 16}" font-size="11" text-anchor="middle">{written(round(cameras))}</text>'
        )
    found.append(f'<text x="{right:.0f}" y="{bottom + 31}" font-size="11" text-anchor="end">cameras</text>')
    found.append(f'<path d="M{panel.left:.0f} {TOP}V{bottom}H{right:.0f}" stroke="#444" fill="none"/>')
    return found


def _lines(panel: Panel, key: str, names: list[str], found: dict[str, Any]) -> list[str]:
    drawn, ends = list[str](), list[tuple[float, str, str]]()
    for name, (dashes, mark) in zip(names, SHAPES * len(names), strict=False):
        colour = OWN if name.startswith("sightline") else OTHERS
        rows = sorted(
            (rows[name] for rows in found.values() if key in rows.get(name, {})), key=lambda row: row["cameras"]
        )
        points = [(panel.x(row["cameras"]), panel.y(row[key])) for row in rows]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        drawn.append(f'<path d="{path}" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}" fill="none"/>')
        for (x, y), row in zip(points, rows, strict=True):
            filled = colour if kept_up(row) else "white"
            drawn.append(f'<path d="{_mark(mark, x, y)}" stroke="{colour}" stroke-width="1.5" fill="{filled}"/>')
        ends.append((points[-1][1], name, colour))
    at = float("-inf")
    for y, name, colour in sorted(ends):  # labels that would overlap move down
        at = max(y + 4, at + LABEL_APART)
        beside = panel.left + PANEL + 10
        drawn.append(f'<text x="{beside:.0f}" y="{at:.1f}" font-size="12" fill="{colour}">{escape(name)}</text>')
    return drawn


def _mark(kind: str, x: float, y: float) -> str:
    match kind:
        case "circle":
            return f"M{x - 4:.1f} {y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0"
        case "square":
            return f"M{x - 3.5:.1f} {y - 3.5:.1f}h7v7h-7z"
        case "diamond":
            return f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z"
        case _:
            return f"M{x:.1f} {y - 5:.1f}l5 9h-10z"
