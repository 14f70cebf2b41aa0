"""Measures how soon an alarm is answered and a picture opens while strangers, and people with few permissions, send all
the requests that they can.

The gateway runs in its own process, and so does every load (``alarm_loads``). A panic button's message is posted every
half second. A picture is opened every second, and timed from the offer to its first packet.
"""

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Any

import aiohttp
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.load.alarm_loads import LOADS, Target
from bench.run import feeding
from bench.servers.server import Endpoint
from bench.servers.sightline import PANIC, PANIC_SECRET, Sightline
from gateway.incidents.triggers.signature import sign
from rig.viewer import LightViewer

ALARM_EVERY = 0.5
PICTURE_EVERY = 1.0
PATIENCE = 20.0
SETTLES = 1.0
"""Seconds that a load runs before the first alarm."""


async def measure(names: Sequence[str] = tuple(LOADS), seconds: float = 10.0) -> dict[str, dict[str, Any]]:
    """Return p50, p95 and the maximum for alarms and pictures under each load, in milliseconds."""
    found = {}
    for name in names:
        async with feeding(1) as feed:
            gateway = Sightline(feed.directory, 1, feed.rtsp_port)
            try:
                await gateway.start()
                target = Target(gateway.url, gateway.auditor, str(feed.directory / "data" / "audit-spool.jsonl"))
                async with _loaded(name, target):
                    found[name] = await _measured(gateway, seconds)
            finally:
                await gateway.stop()
    return found


def show(found: dict[str, dict[str, Any]], console: Console) -> None:
    """Print a table."""
    table = Table(title="Alarm to answer, and offer to first packet, in milliseconds")
    for column in ("load", "alarms p50", "p95", "most", "pictures p50", "p95", "most"):
        table.add_column(column, justify="left" if column == "load" else "right")
    for name, row in found.items():
        cells = [f"{row[what][key]:.0f}" for what in ("alarms", "pictures") for key in ("p50_ms", "p95_ms", "most_ms")]
        table.add_row(name, *cells)
    console.print(table)


async def _measured(gateway: Sightline, seconds: float) -> dict[str, Any]:
    alarms, pictures = list[float](), list[float]()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as http, asyncio.TaskGroup() as group:
        group.create_task(_every(ALARM_EVERY, seconds, lambda n: _alarm(http, gateway.url, n), alarms))

        async def picture(number: int) -> None:
            await _picture(http, await gateway.endpoint(0))

        group.create_task(_every(PICTURE_EVERY, seconds, picture, pictures))
    return {"alarms": _summary(alarms), "pictures": _summary(pictures)}


async def _every(period: float, seconds: float, act: Any, took: list[float]) -> None:
    """Start an action every ``period`` seconds, even while an earlier one is still running."""

    async def timed(number: int) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                await act(number)
        except (TimeoutError, aiohttp.ClientError, ConnectionError):
            took.append(1000 * PATIENCE)
        else:
            took.append(1000 * (time.monotonic() - began))

    async with asyncio.TaskGroup() as group:
        for number in itertools.takewhile(lambda n: n * period < seconds, itertools.count()):
            group.create_task(timed(number))
            await asyncio.sleep(period)


async def _alarm(http: aiohttp.ClientSession, url: str, number: int) -> None:
    body, timestamp = b"{}", str(int(time.time()))
    message = f"msg_{number}_{time.time_ns()}"
    headers = {"webhook-id": message, "webhook-timestamp": timestamp}
    headers["webhook-signature"] = sign(PANIC_SECRET, message, timestamp, body)
    async with http.post(f"{url}/hooks/{PANIC}", data=body, headers=headers) as answer:
        if answer.status != 200:
            raise ConnectionError(await answer.text())


async def _picture(http: aiohttp.ClientSession, endpoint: Endpoint) -> None:
    came = asyncio.Event()
    viewer = LightViewer(lambda _: came.set())
    try:
        headers = {"Authorization": f"Bearer {endpoint.token}", "Content-Type": "application/sdp"}
        async with http.post(endpoint.url, data=viewer.offer(), headers=headers) as answer:
            if answer.status != 201:
                raise ConnectionError(await answer.text())
            text = await answer.text()
        await viewer.connect(text)
        await came.wait()
    finally:
        await viewer.close()


@contextlib.asynccontextmanager
async def _loaded(name: str, target: Target) -> AsyncIterator[None]:
    command = (sys.executable, "-m", "bench.load.alarm_loads", name)
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE)
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(target)).encode() + b"\n")
        await asyncio.sleep(SETTLES)
        yield
        if process.returncode is not None:
            raise RuntimeError(f"the load {name} ended early")
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _summary(times: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(times, [50, 95])
    return {"times": len(times), "p50_ms": float(p50), "p95_ms": float(p95), "most_ms": max(times)}
