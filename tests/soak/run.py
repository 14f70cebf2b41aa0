"""A soak: the whole gateway runs in this process, a simulated school and a crowd of viewers in two others.

Rounds of visitors come while cameras drop out. After each round the gateway is left alone until it is at rest, and what
it holds then is compared: a leak of any size grows from round to round.
"""

import asyncio
import gc
import json
import os
import sys
import tracemalloc
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gateway.models import SourceState
from gateway.relay.packet_group import PacketGroup
from gateway.server import Gateway
from gateway.webrtc.plane import MediaPlane
from gateway.webrtc.session import Session
from rig.district import District
from rig.example import ROOT
from rig.processes import until
from tests.fuzz.memory import held

T = TypeVar("T")

BUSY = 6.0  # seconds of a round in which viewers are coming
LEAVES_WITHIN = 2.0  # seconds after which the gateway gives up on a silent viewer
RESTS_WITHIN = 30.0
DRAWN = "lincoln-lobby"
LOOP = "loop-1"  # all other cameras


@dataclass(frozen=True, slots=True)
class Rest:
    """Counts what the gateway holds when nobody is there. ``visits`` is the number of visitors so far. Memory is in
    bytes. ``sessions`` counts the open ones, ``kept`` all that something still refers to. Memory does not include the
    pictures that are kept to start new viewers and to repeat packets, because it takes a minute until their number
    reaches its limit.
    """

    visits: int
    tasks: Counter[str]
    descriptors: int
    sessions: int
    kept: int
    heap: int
    resident: int


async def soak(seconds: float, directory: Path, seed: int = 0) -> tuple[list[Rest], Counter[str]]:
    """Run at least three rounds, for ``seconds``. Return the gateway's rest after each, and the kinds of visitors."""
    district = District(
        directory,
        live=frozenset({DRAWN}),
        settings={"media.connect_timeout": LEAVES_WITHIN, "media.consent_timeout": LEAVES_WITHIN},
    )
    loop = asyncio.get_running_loop()
    rests: list[Rest] = []
    came: Counter[str] = Counter()
    tracemalloc.start()
    try:
        await asyncio.to_thread(district.start_school)
        async with _serving(district) as gateway, _crowd(district, seed) as crowd:
            ends_at = loop.time() + seconds
            while loop.time() < ends_at or len(rests) < 3:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_faults(district), name="soak: faults")
                    came += await _round(crowd)
                rests.append(await _rest(gateway, came.total()))
    finally:
        tracemalloc.stop()
        await district.stop()
    return rests, came


@asynccontextmanager
async def _serving(district: District) -> AsyncIterator[Gateway]:
    gateway, stop, ready = Gateway(district.loaded()), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(gateway.serve(stop, lambda _url: ready.set()), name="gateway")
        await ready.wait()
        try:
            yield gateway
        finally:
            stop.set()


@asynccontextmanager
async def _crowd(district: District, seed: int) -> AsyncIterator[Process]:
    code = (await district.invitation("dispatcher")).rpartition("=")[2]
    coordinator = await district.client("coordinator")
    assert (await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"}))[0] == 201
    await coordinator.close()
    command = [sys.executable, "-m", "tests.soak.crowd", district.url, str(seed), code]
    crowd = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    try:
        assert crowd.stdout is not None
        assert await crowd.stdout.readline() == b"ready\n"
        yield crowd
    finally:
        crowd.kill()
        await crowd.wait()


async def _round(crowd: Process) -> Counter[str]:
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    crowd.stdin.write(f"go {BUSY}\n".encode())
    line = await crowd.stdout.readline()
    assert line, "the crowd has failed; its error is above"
    return Counter(json.loads(line))


async def _faults(district: District) -> None:
    """Turn one camera off for a moment, and cut the connections of all others."""
    await asyncio.sleep(BUSY / 3)
    await district.fault(DRAWN, off=True, drop=True)
    await district.fault(LOOP, drop=True)
    await asyncio.sleep(BUSY / 3)
    await district.fault(DRAWN)
    await district.fault(LOOP)


async def _rest(gateway: Gateway, visits: int) -> Rest:
    """Return what is held once the gateway has given up silent visitors, and every camera is playing again."""
    await asyncio.sleep(LEAVES_WITHIN + 0.5)

    async def rests() -> bool:
        [states] = gateway.metrics.source_state.collect()
        up = [sample.value for sample in states.samples if sample.labels["state"] == SourceState.UP]
        return all(up) and not any("RequestHandler" in name for name in _tasks())

    await until(rests, RESTS_WITHIN, "a gateway at rest")
    gc.collect()
    pictures = held(_alive(PacketGroup))
    return Rest(
        visits=visits,
        tasks=_tasks(),
        descriptors=len(os.listdir("/proc/self/fd")),
        sessions=sum(len(plane.sessions()) for plane in _alive(MediaPlane)),
        kept=len(_alive(Session)),
        heap=tracemalloc.get_traced_memory()[0] - pictures,
        resident=_resident() - pictures,
    )


def _tasks() -> Counter[str]:
    """Count all tasks by name, or by what they run if they have no name."""
    return Counter(
        getattr(task.get_coro(), "__qualname__", "") if task.get_name().startswith("Task-") else task.get_name()
        for task in asyncio.all_tasks()
    )


def _alive(kind: type[T]) -> list[T]:
    """Return all objects of a class that something still refers to."""
    return [one for one in gc.get_objects() if isinstance(one, kind)]


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
