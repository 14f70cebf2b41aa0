"""``python -m bench cameras``: what it costs to pull all cameras of a school all the time, with nobody watching.

The gateway runs as it is served; the cameras are the feeder's, at half the pictures a second and so at 1 Mbit/s each
(117 packets a second). CPU is of the gateway's process and whatever it starts, over ``seconds`` in which nothing else
is asked of it; memory is what is resident at the end of them.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from bench.accounting import machine, usage
from bench.run import feeding
from bench.sightline import Sightline

FPS = 15
SETTLE = 5.0
COUNTED = {
    "pictures": "sightline_source_fps",
    "megabits": "sightline_source_bitrate_bps",
    "packets": "sightline_source_packets_total",
    "lost": "sightline_source_packets_lost_total",
    "reconnects": "sightline_source_reconnects_total",
}


async def measure(cameras: int = 100, seconds: float = 20.0) -> dict[str, Any]:
    """Pull so many cameras for so long. ``cores`` is CPU seconds a second; rates are of all cameras together."""
    async with feeding(1, fps=FPS) as feed:
        alone = await _pulled(feed.directory, 1, feed.rtsp_port, 1.0)
    async with feeding(cameras, fps=FPS) as feed:
        found = await _pulled(feed.directory, cameras, feed.rtsp_port, seconds)
    found["kilobytes_a_camera"] = round((found["resident_mb"] - alone["resident_mb"]) * 1000 / max(1, cameras - 1))
    return found


async def _pulled(directory: Path, cameras: int, rtsp_port: int, seconds: float) -> dict[str, Any]:
    server = Sightline(directory, cameras, rtsp_port)
    try:
        await server.start()
        await asyncio.sleep(SETTLE)
        counted, house, used, began = await _counted(server.url), machine(), usage(server.pids), time.monotonic()
        await asyncio.sleep(seconds)
        used_then, house_then = usage(server.pids), machine()
        passed = time.monotonic() - began
        after = await _counted(server.url)
    finally:
        await server.stop()
    packets = after["packets"] - counted["packets"]
    cpu = used_then.cpu - used.cpu
    return {
        "cameras": cameras,
        "seconds": round(passed, 1),
        "cores": round(cpu / passed, 3),
        "microseconds_a_packet": round(1e6 * cpu / max(1.0, packets), 1),
        "microseconds_a_picture": round(1e6 * cpu / passed / max(1.0, after["pictures"])),
        "resident_mb": round(used_then.resident / 1e6, 1),
        "pictures_a_second": round(after["pictures"]),
        "megabits_a_second": round(after["megabits"] / 1e6, 1),
        "packets_a_second": round(packets / passed),
        "lost": after["lost"] - counted["lost"],
        "reconnects": after["reconnects"] - counted["reconnects"],
        "machine_busy_cores": round((house_then.busy - house.busy) / passed, 2),
    }


async def _counted(url: str) -> dict[str, float]:
    """The gateway's own figures, summed over its cameras."""
    async with aiohttp.ClientSession() as http, http.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return {
        name: sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric + "{"))
        for name, metric in COUNTED.items()
    }


def show(found: dict[str, Any], console: Console) -> None:
    """The figures as a table."""
    table = Table("what", "figure", title="All cameras pulled, nobody watching")
    for name, value in found.items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)


def main() -> None:
    """Measure, and show what was found."""
    show(asyncio.run(measure()), Console())


if __name__ == "__main__":
    main()
