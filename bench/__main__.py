"""``python -m bench cpu``: what one delivered packet costs, here and in the obvious aiortc program.

Same film, same viewers, one after the other in one run; each server and the viewers are processes of their own.
"""

import argparse
import json
import subprocess
import sys

from rich.console import Console
from rich.table import Table

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
    """Measure, show a table, and write JSON where asked to."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Sightline measured against plain aiortc.")
    parser.add_argument("what", choices=["cpu"])
    parser.add_argument("--viewers", type=int, default=100, help="viewers of Sightline")
    parser.add_argument("--plain-viewers", type=int, default=40, help="viewers of plain aiortc, which holds fewer")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    results = {
        "sightline": measure("sightline", options.viewers, options.seconds),
        "plain_aiortc": measure("plain_aiortc", options.plain_viewers, options.seconds),
    }
    if options.json:
        print(json.dumps(results, indent=2))
        return
    table = Table("server", *(column.replace("_", " ") for column in COLUMNS))
    for server, result in results.items():
        table.add_row(server, *(f"{result[column]:g}" for column in COLUMNS))
    Console().print(table)


if __name__ == "__main__":
    main()
