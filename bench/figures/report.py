"""Shows the figures as tables."""

from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures.targets import Target

LOADED = 0.15  # share of the machine that other processes may use before a row is marked
HEADINGS = (
    "µs/packet",
    "spread",
    "ratio",
    "a core",
    "p50 ms",
    "p99 ms",
    "key p50",
    "key p99",
    "viewers",
    "pkt/s",
    "pkt/send",
    "lost",
)


def show(found: dict[str, Any], console: Console) -> None:
    """Print one table per series."""
    for title, rows in found.items():
        if title == "memory":
            for name, row in rows.items():
                if row:
                    console.print(f"RSS per further viewer, {name}: {row['kilobytes_a_viewer']} kB")
        elif title == "floor":
            for name, cost in rows.items():
                console.print(f"Seal and send alone, in C, {name}: {cost:.2f} µs per packet")
        elif title == "first frame":
            show_times("Click to first frame, Chromium, keyframes 4 s apart", rows, console)
        else:
            _show_series(title, rows, console)
    console.print(
        "µs/packet: CPU of all the server's processes per packet that reached viewers, median of the rounds; ratio: to "
        "the first row of its table. A core: viewers of 234 packets per second that one core could serve at that cost; "
        "pkt/s: packets per second that each viewer got; pkt/send: packets that arrived in one send (GSO). "
        "p50, p99: last packet of a picture in to last packet out; keyframes apart; -: pictures did not arrive whole. "
        f"!: other programs used over {100 * LOADED:.0f} % of the machine meanwhile. "
        "source_access_units: a camera's pictures before its first keyframe."
    )


def show_times(title: str, rows: dict[str, dict[str, Any]], console: Console) -> None:
    """Print how many milliseconds it took until something was on the screen."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    table = Table("", *(column.replace("_", " ") for column in columns), title=title)
    for name, row in rows.items():
        table.add_row(name.replace("_", " "), *(str(row.get(column, "")) for column in columns))
    console.print(table)


def _show_series(title: str, rows: dict[str, dict[str, Any]], console: Console) -> None:
    table = Table(title=title)
    table.add_column("", no_wrap=True)
    for heading in (*HEADINGS, "RSS MB", "others"):
        table.add_column(heading, justify="right", no_wrap=True)
    first = next((row["microseconds_a_packet"] for row in rows.values() if "not here" not in row), 0.0)
    for name, row in rows.items():
        if "not here" in row:
            continue
        delays = [row[what][key] for what in ("delay_ms", "keyframe_delay_ms") for key in ("p50", "p99")]
        others = row["others"] + row["stolen"]
        table.add_row(
            name,
            f"{row['microseconds_a_packet']:.2f}",
            "{:.1f}-{:.1f}".format(*row["spread"]),
            f"{row['microseconds_a_packet'] / first:.1f}" if first else "-",
            str(row["viewers_a_core"]),
            *(f"{delay:.2f}" if delay is not None else "-" for delay in delays),
            str(row["viewers"]),
            str(row["packets_a_second"]),
            str(row["packets_a_send"]),
            str(row["lost"]),
            f"{row['resident_mb']:.0f}",
            f"{100 * others:.0f} %" + (" !" if others > LOADED else ""),
        )
    console.print(table)
    for name, row in rows.items():
        if "not here" in row:
            console.print(f"  {name}: {row['not here']}", style="dim")
        for reason in row.get("failures", ()):
            console.print(f"  {name}: a round failed: {reason}", style="dim", markup=False)
        for key, value in sorted(row.get("counters", {}).items()):
            if value and "dropped" in key:
                console.print(f"  {name}: {key} {value:g}", style="dim")


def show_targets(reached: list[Target], console: Console) -> None:
    """Print the targets, and say which were reached."""
    table = Table("", "figure", "wanted", "", title="Targets of this gateway on two shared cores")
    for target in reached:
        table.add_row(target.what, target.figure, target.wanted, "reached" if target.met else "MISSED")
    if reached:
        console.print(table)
