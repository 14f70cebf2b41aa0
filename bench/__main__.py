"""``python -m bench cpu``: what one delivered packet costs, here and in the obvious aiortc program; ``glass``: how long
until there is a picture (``glass.py``).

Same film, same viewers, one after the other in one run; each server and the viewers are processes of their own.
"""

import argparse
import asyncio
import json
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from bench import glass

COLUMNS = ("viewers", "packets", "least_packets_a_second", "cpu_percent", "microseconds_a_packet")
SETTLE = 3.0
LIMIT = 120.0


def measure(server: str, viewers: int, seconds: float) -> dict[str, float]:
    """Run one server with its viewers. Raises subprocess.SubprocessError where that fails or lasts too long."""
    serving = [sys.executable, "-m", f"bench.{server}"]
    with subprocess.Popen(serving, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                raise subprocess.SubprocessError(f"{server} has no output")
            url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
            watching = [sys.executable, "-m", "bench.viewers", url, str(viewers), str(SETTLE), str(seconds)]
            done = subprocess.run(watching, stdout=subprocess.PIPE, text=True, check=True, timeout=LIMIT)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    """Measure, and show a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Sightline measured.")
    parser.add_argument("what", choices=["cpu", "glass"])
    parser.add_argument("--viewers", type=int, default=100, help="cpu: viewers of Sightline")
    parser.add_argument("--plain-viewers", type=int, default=40, help="cpu: viewers of plain aiortc, which holds fewer")
    parser.add_argument("--seconds", type=float, default=8.0, help="cpu: length of each measurement")
    parser.add_argument("--clicks", type=int, default=40, help="glass: how often a camera is opened")
    parser.add_argument("--triggers", type=int, default=5, help="glass: how often a lockdown is triggered")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    columns: tuple[str, ...]
    if options.what == "glass":
        results = asyncio.run(glass.measure(options.clicks, options.triggers))
        first, columns = "from", glass.COLUMNS
    else:
        results = {
            "sightline": measure("sightline", options.viewers, options.seconds),
            "plain_aiortc": measure("plain_aiortc", options.plain_viewers, options.seconds),
        }
        first, columns = "server", COLUMNS
    if options.json:
        print(json.dumps(results, indent=2))
        return
    table = Table(first, *(column.replace("_", " ") for column in columns))
    for name, result in results.items():
        table.add_row(name.replace("_", " "), *(f"{result[column]:g}" for column in columns))
    Console().print(table)


if __name__ == "__main__":
    main()
