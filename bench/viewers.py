"""The viewers' process: connects so many, lets them watch, and tells what reached them and what it cost the server."""

import argparse
import asyncio
import json

import aiohttp

from bench.viewer import LightViewer

AT_ONCE = 4
PATIENCE = 10.0


async def watch(url: str, count: int, settle: float, seconds: float) -> dict[str, float]:
    """Connect ``count`` viewers, wait ``settle`` seconds, measure for ``seconds``."""
    viewers: list[LightViewer] = []
    gate = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(url) as http:

        async def connect() -> None:
            async with gate:
                viewer = LightViewer()
                try:
                    async with asyncio.timeout(PATIENCE):
                        async with http.post("/offer", data=viewer.offer()) as response:
                            answer = await response.text()
                        await viewer.connect(answer)
                except (TimeoutError, ConnectionError, aiohttp.ClientError):
                    return
                viewers.append(viewer)

        async def used() -> float:
            async with http.get("/cpu") as response:
                return float((await response.json())["cpu"])

        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(connect())
        await asyncio.sleep(settle)
        clock = asyncio.get_running_loop().time
        before, began, packets = await used(), clock(), [viewer.packets for viewer in viewers]
        await asyncio.sleep(seconds)
        cpu, lasted = await used() - before, clock() - began
        delivered = [viewer.packets - then for viewer, then in zip(viewers, packets, strict=True)]
        for viewer in viewers:
            await viewer.close()
    return {
        "viewers": len(viewers),
        "seconds": round(lasted, 3),
        "packets": sum(delivered),
        "least_packets_a_second": round(min(delivered, default=0) / lasted, 1),
        "most_packets_a_second": round(max(delivered, default=0) / lasted, 1),
        "cpu_seconds": round(cpu, 4),
        "cpu_percent": round(100 * cpu / lasted, 1),
        "microseconds_a_packet": round(1e6 * cpu / max(1, sum(delivered)), 2),
    }


def main() -> None:
    """Print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("url")
    options.add_argument("viewers", type=int)
    options.add_argument("settle", type=float)
    options.add_argument("seconds", type=float)
    given = options.parse_args()
    print(json.dumps(asyncio.run(watch(given.url, given.viewers, given.settle, given.seconds))))


if __name__ == "__main__":
    main()
