"""The figures as tables."""

from typing import Any

from rich.console import Console
from rich.table import Table

from bench import glass

LOADED = 0.15  # share of the machine that others may use before a row is marked


def show(found: dict[str, Any], console: Console) -> None:
    """One table a series."""
    for title, rows in found.items():
        table = Table(
            "",
            "µs/packet",
            "(least to most)",
            "viewers a core",
            "in to out p50",
            "p99",
            "keyframes p50",
            "p99",
            title=title,
        )
        for heading in ("viewers", "lost", "RSS MB", "others"):
            table.add_column(heading, justify="right")
        for name, row in rows.items():
            if "not here" in row:
                table.add_row(name, f"[dim]{row['not here']}[/]")
                continue
            delays = [row[what][key] for what in ("delay_ms", "keyframe_delay_ms") for key in ("p50", "p99")]
            others = row["others"] + row["stolen"]
            table.add_row(
                name,
                f"{row['microseconds_a_packet']:.2f}",
                "{:.2f} to {:.2f}".format(*row["spread"]),
                str(row["viewers_a_core"]),
                *(f"{delay:.2f}" if delay is not None else "-" for delay in delays),
                str(row["viewers"]),
                str(row["lost"]),
                f"{row['resident_mb']:.0f}",
                f"{100 * others:.0f} %" + (" !" if others > LOADED else ""),
            )
        console.print(table)


def show_glass(rows: dict[str, dict[str, float]], console: Console) -> None:
    """Click and trigger to the picture."""
    table = Table("Chromium, keyframes 4 s apart", *(column.replace("_", " ") for column in glass.COLUMNS))
    for name, row in rows.items():
        table.add_row(name.replace("_", " "), *(f"{row[column]:g}" for column in glass.COLUMNS))
    console.print(table)
