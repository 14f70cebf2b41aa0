"""``python -m bench``: this gateway and its peers at the same work, in one run. See ``--help``."""

import argparse
import asyncio
import json
from pathlib import Path

from rich.console import Console

from bench import glass, report, suite

CAMERAS = "cameras"  # has a command line of its own: bench/cameras.py


def main() -> None:
    """Measure, show tables, write JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=["all", "servers", "glass", CAMERAS])
    parser.add_argument("--rounds", type=int, default=3, help="how often each server has its turn (default 3)")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement (default 8)")
    parser.add_argument("--viewers", type=int, nargs="+", default=[10, 100, 400], help="of this gateway, on 10 cameras")
    parser.add_argument("--compared", type=int, default=40, help="viewers that each server of the comparison gets")
    parser.add_argument("--external", action="append", default=[], metavar="NAME=URL,pid=N[,pid=N]")
    parser.add_argument("--clicks", type=int, default=40, help="glass: how often a camera is opened")
    parser.add_argument("--triggers", type=int, default=5, help="glass: how often a lockdown is triggered")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="where the JSON goes")
    options = parser.parse_args()
    console, found = Console(), {}
    if options.what in ("all", "servers"):
        plan = suite.Plan(options.rounds, options.seconds, tuple(options.viewers), options.compared)
        found = asyncio.run(suite.measure_all(plan, options.external, console))
        report.show(found, console)
    if options.what in ("all", "glass"):
        found["glass"] = asyncio.run(glass.measure(options.clicks, options.triggers))
        report.show_glass(found["glass"], console)
    options.out.write_text(json.dumps(found, indent=2) + "\n")
    console.print(f"All figures: {options.out}")


if __name__ == "__main__":
    main()
