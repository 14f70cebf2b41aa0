"""``python -m bench.load.viewers`` connects viewers, lets them watch, and reports what reached them, and at what cost.

Reads a ``Task`` as one JSON object from standard input. Prints a line when it begins to measure, and a ``Result`` as
one JSON object at the end.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp
import numpy as np

from bench import timing
from bench.accounting import machine, usage
from bench.load.counting import REPORT_EVERY, CountingViewer, Pictures, Poller

AT_ONCE = 8
PATIENCE = 20.0
SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Task:
    """``endpoints``: (camera, URL, token, own address) of each viewer. ``server``: processes to measure; ``ours``: the
    bench's own. ``coalesce``: receive runs of packets in one piece. ``waiting``: wake up for each datagram."""

    endpoints: list[tuple[int, str, str, str]]
    server: list[int]
    ours: list[int]
    log: str
    settle: float
    seconds: float
    coalesce: bool = True
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """CPU in seconds, times in milliseconds. ``runs``: sends in which the packets arrived (fewer if the server lets the
    kernel split them). ``failed``: reasons why viewers did not connect, and how many viewers each affected. ``others``:
    share of the machine's time that neither the server nor the bench used; ``stolen``: share that its host took.
    """

    asked: int
    viewers: int
    seconds: float
    packets: int
    runs: int
    bytes: int
    least_packets: int
    lost: int
    repeats: int
    opened: int
    sealed: int
    cpu: float
    resident: int
    clients_cpu: float
    others: float
    stolen: float
    delay: dict[str, float]
    keyframe_delay: dict[str, float]
    unmatched: int
    failed: dict[str, int] = field(default_factory=dict)


async def watch(task: Task) -> Result:
    """Connect all viewers, let them settle, and measure."""
    pictures, viewers, cameras = Pictures(), list[CountingViewer](), dict[int, int]()
    failed = Counter[str]()
    gate, poller = asyncio.Semaphore(AT_ONCE), Poller()
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as background:

        async def connect(number: int, camera: int, url: str, token: str, host: str) -> None:
            headers = {"Content-Type": "application/sdp"} | ({"Authorization": f"Bearer {token}"} if token else {})
            async with gate:
                viewer, text = CountingViewer(number, pictures, host, task.coalesce), ""
                try:
                    async with asyncio.timeout(PATIENCE):
                        async with http.post(url, data=viewer.offer(), headers=headers) as answer:
                            text = await answer.text()
                        await viewer.connect(text)
                except (TimeoutError, ConnectionError, aiohttp.ClientError) as error:
                    failed[f"{type(error).__name__}: {error}; answered: {text[:60]!r}"] += 1
                    return
            cameras[number] = camera
            viewers.append(viewer)
            if not task.waiting:
                poller.add(viewer)

        polling = background.create_task(poller.run(), name="poller")
        async with asyncio.TaskGroup() as connecting:
            for number, endpoint in enumerate(task.endpoints):
                connecting.create_task(connect(number, *endpoint))
        reporting = background.create_task(_report(viewers), name="receiver reports")
        await asyncio.sleep(task.settle)
        print(SETTLED, flush=True)
        before = _state(task, viewers)
        await asyncio.sleep(task.seconds)
        after = _state(task, viewers)
        reporting.cancel()
        polling.cancel()
    found = _delays(task, pictures, cameras, before["wall"], after["wall"])
    result = _result(task, viewers, before, after, found, dict(failed))
    for viewer in viewers:
        viewer.stop_checking()
    return result


async def _report(viewers: list[CountingViewer]) -> None:
    """Let every viewer report once every REPORT_EVERY seconds, one after the other."""
    while True:
        for viewer in tuple(viewers):
            viewer.report()
            await asyncio.sleep(REPORT_EVERY / len(viewers))
        if not viewers:
            await asyncio.sleep(REPORT_EVERY)


def _state(task: Task, viewers: list[CountingViewer]) -> dict[str, Any]:
    host = machine()
    return {
        "at": time.monotonic(),
        "wall": time.time_ns(),
        "packets": [viewer.packets for viewer in viewers],
        "runs": sum(viewer.runs for viewer in viewers),
        "bytes": sum(viewer.bytes for viewer in viewers),
        "lost": sum(viewer.lost for viewer in viewers),
        "repeats": sum(viewer.repeats for viewer in viewers),
        "server": usage(task.server),
        "own": time.process_time(),
        "ours": usage([*task.ours, os.getpid()]).cpu,
        "busy": host.busy,
        "stolen": host.stolen,
    }


def _delays(task: Task, pictures: Pictures, cameras: dict[int, int], begin: int, end: int) -> list[timing.Delays]:
    who, at = np.frombuffer(pictures.viewers, np.uint16), np.frombuffer(pictures.at, np.int64)
    rtp, sizes = np.frombuffer(pictures.rtp, np.uint32), np.frombuffer(pictures.sizes, np.uint32)
    written = timing.read_log(task.log)
    inside = (at >= begin) & (at < end)
    found = []
    for number, camera in cameras.items():
        mine = inside & (who == number)
        found.append(timing.delays(written, camera, timing.Received(rtp[mine], at[mine], sizes[mine])))
    return found


def _result(
    task: Task,
    viewers: list[CountingViewer],
    before: dict[str, Any],
    after: dict[str, Any],
    found: list[timing.Delays],
    failed: dict[str, int],
) -> Result:
    lasted = after["at"] - before["at"]
    delivered = [now - then for now, then in zip(after["packets"], before["packets"], strict=True)]
    cpu = after["server"].cpu - before["server"].cpu
    machine_time = lasted * (os.cpu_count() or 1)
    others = after["busy"] - before["busy"] - cpu - (after["ours"] - before["ours"])
    none = [np.empty(0)]
    return Result(
        asked=len(task.endpoints),
        viewers=len(viewers),
        seconds=round(lasted, 3),
        packets=sum(delivered),
        runs=after["runs"] - before["runs"],
        bytes=after["bytes"] - before["bytes"],
        least_packets=min(delivered, default=0),
        lost=after["lost"] - before["lost"],
        repeats=after["repeats"] - before["repeats"],
        opened=sum(viewer.opened for viewer in viewers),
        sealed=sum(viewer.sealed for viewer in viewers),
        cpu=round(cpu, 3),
        resident=after["server"].resident,
        clients_cpu=round(after["own"] - before["own"], 3),
        others=round(max(0.0, others) / machine_time, 3),
        stolen=round((after["stolen"] - before["stolen"]) / machine_time, 3),
        delay=timing.percentiles(np.concatenate([each.pictures for each in found] or none)),
        keyframe_delay=timing.percentiles(np.concatenate([each.keyframes for each in found] or none)),
        unmatched=sum(each.unmatched for each in found),
        failed=failed,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(watch(Task(**json.load(sys.stdin)))))))
