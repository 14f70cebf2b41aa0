"""Draws the cost per packet for growing numbers of cameras and viewers, beside that of other servers, as SVG. Pure."""

from html import escape
from typing import Any

WIDTH, BAR, LEFT, RIGHT = 860, 22, 330, 70


def draw(found: dict[str, Any]) -> str:
    """Draw one bar for every row that has ``microseconds_a_packet``, in every series."""
    bars = [
        (f"{name} ({title})", float(row["microseconds_a_packet"]))
        for title, rows in found.items()
        for name, row in rows.items()
        if isinstance(row, dict) and "microseconds_a_packet" in row
    ]
    most = max((value for _, value in bars), default=1.0)
    height = BAR * (len(bars) + 2)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">'
    lines = [head, f'<rect width="{WIDTH}" height="{height}" fill="white"/>']
    lines.append(f'<text x="8" y="{BAR}" font-size="14">CPU per delivered packet, microseconds</text>')
    for number, (name, value) in enumerate(bars):
        top = BAR * (number + 1.5)
        length = (WIDTH - LEFT - RIGHT) * value / most
        colour = "#1f5fa8" if "sightline" in name or "this gateway" in name else "#8a8a8a"
        lines.append(f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end" font-size="12">{escape(name)}</text>')
        lines.append(f'<rect x="{LEFT}" y="{top + 3}" width="{length:.1f}" height="{BAR - 6}" fill="{colour}"/>')
        lines.append(f'<text x="{LEFT + length + 6:.1f}" y="{top + 15}" font-size="12">{value:.1f}</text>')
    return "\n".join([*lines, "</svg>", ""])
