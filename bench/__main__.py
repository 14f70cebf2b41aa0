"""``python -m bench`` compares this gateway and other servers at the same work, in one run. See ``--help``."""

import argparse
import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import alarms, glass, idle, suite
from bench.figures import chart, growth, report, targets
from bench.load.alarm_loads import LOADS

PARTS = ("all", "servers", "glass", "idle", "alarms")


def main() -> None:
    """Measure, show the tables and write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=PARTS)
    parser.add_argument("--rounds", type=int, default=3, help="number of turns of each server (default 3)")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement (default 8)")
    parser.add_argument(
        "--viewers",
        type=int,
        nargs="+",
        default=[10, 100, 400],
        help="numbers of viewers of this gateway, on 10 cameras",
    )
    parser.add_argument("--compared", type=int, default=100, help="number of viewers of each server in the comparison")
    parser.add_argument("--external", action="append", default=[], metavar="NAME=URL,pid=N[,pid=N][,token=T][,host=A]")
    parser.add_argument("--rtsp-port", type=int, default=0, help="port of the cameras, for external servers")
    parser.add_argument("--clicks", type=int, default=30, help="how often a camera is opened in Chromium")
    parser.add_argument("--triggers", type=int, default=5, help="how often a lockdown is triggered")
    parser.add_argument(
        "--series", nargs="+", default=suite.SERIES, choices=suite.SERIES, help="servers: only these series"
    )
    parser.add_argument("--servers", nargs="+", default=[], metavar="NAME", help="servers: only these servers")
    parser.add_argument(
        "--cameras", type=int, nargs="+", default=[40], help="idle: numbers of cameras, one series for each"
    )
    parser.add_argument("--only", nargs="+", default=[], choices=idle.KINDS, help="idle: only these servers")
    parser.add_argument(
        "--tree", action="append", default=[], metavar="[NAME=]PATH", help="checkouts of this gateway to compare"
    )
    parser.add_argument(
        "--health", nargs="+", default=("off", "on"), choices=("off", "on"), help="idle: picture health of this gateway"
    )
    parser.add_argument("--workers", type=int, default=1, help="idle: worker processes of this gateway")
    parser.add_argument(
        "--loads", nargs="+", default=list(LOADS), choices=LOADS, help="alarms: loads under which alarms are timed"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("bench.json"), help="file for the JSON; the chart goes beside it"
    )
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):  # end the processes that were started, just as Ctrl-C does
        signal.signal(number, signal.default_int_handler)
    console = Console(width=max(168, Console().width))
    found: dict[str, Any] = {}

    def keep() -> None:
        options.out.write_text(json.dumps(found, indent=2) + "\n")

    def keeper(part: str) -> Callable[[dict[str, Any]], None]:
        def take(rows: dict[str, Any]) -> None:
            found[part] = rows
            keep()

        return take

    if options.what in ("all", "servers"):
        plan = suite.Plan(
            options.rounds,
            options.seconds,
            tuple(options.viewers),
            options.compared,
            options.clicks,
            options.rtsp_port,
            tuple(options.series),
            suite.trees_of(options.tree),
            tuple(options.servers),
        )
        desk = suite.Desk(console, keeper("servers"))
        found["servers"] = asyncio.run(suite.measure_all(plan, options.external, desk))
        keep()
        report.show(found["servers"], console)
        options.out.with_suffix(".svg").write_text(chart.draw(found["servers"]))
    if options.what in ("all", "glass"):
        found["glass"] = asyncio.run(glass.measure(options.clicks, options.triggers))
        keep()
        report.show_times("This gateway's own page, keyframes 4 s apart", found["glass"], console)
    if options.what in ("all", "idle"):
        builds = idle.contenders(options.only, options.tree, options.workers, options.health)
        counts = tuple(options.cameras)
        found["idle"] = asyncio.run(
            idle.measure(builds, counts, options.rounds, options.seconds, console, keeper("idle"))
        )
        idle.show(found["idle"], console)
        if len(counts) > 1:
            options.out.with_name(f"{options.out.stem}-growth.svg").write_text(growth.draw(found["idle"]))
    if options.what in ("all", "alarms"):
        found["alarms"] = asyncio.run(alarms.measure(options.loads))
        keep()
        alarms.show(found["alarms"], console)
    report.show_targets(targets.targets(found), console)
    drawn = f", drawn: {options.out.with_suffix('.svg')}" if "servers" in found else ""
    console.print(f"All figures: {options.out}{drawn}")


if __name__ == "__main__":
    main()
