"""What is measured, in which order. Servers that are compared take turns, round after round, so that whatever else the
machine does meanwhile falls on all of them; the median of the rounds counts, and the spread is told."""

import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from bench import first_frame
from bench.clip import PACKETS
from bench.janus import Janus
from bench.peers import External, PlainAiortc
from bench.run import Feed, Measured, feeding, measure
from bench.server import NotHere, Server
from bench.sightline import Sightline
from rig.processes import free_port

Build = Callable[[Feed], Server]
Rows = dict[str, tuple[Build, int]]
CAMERAS = 10
MANY = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """``viewers``: of this gateway alone. ``compared``: of every server of the comparison.
    ``clicks``: in Chromium, a server. ``rtsp_port``: of the cameras; 0: any."""

    rounds: int
    seconds: float
    viewers: tuple[int, ...]
    compared: int
    clicks: int
    rtsp_port: int = 0


def sightline(**settings: object) -> Build:
    """A fresh gateway with settings that differ."""
    named = {key.replace("__", "."): value for key, value in settings.items()}
    return lambda feed: Sightline(feed.directory, feed.cameras, feed.rtsp_port, named)


def external(text: str) -> tuple[str, Build]:
    """``NAME=URL,pid=N[,pid=N][,token=T][,host=ADDRESS]`` as a name and what to measure. Raises ValueError."""
    name, _, rest = text.partition("=")
    url, *words = rest.split(",")
    given = [word.partition("=")[::2] for word in words]
    pids = tuple(int(value) for key, value in given if key == "pid")
    if not url.startswith("http") or not pids:
        raise ValueError(f"--external {text}: write it as NAME=URL,pid=N")
    told = dict(given)
    return name, lambda feed: External(url, pids, told.get("token", ""), told.get("host", "127.0.0.1"))


async def measure_all(plan: Plan, externals: list[str], console: Console) -> dict[str, Any]:
    """Every series by its name; a series is {row: figures}."""
    peers: dict[str, Build] = {"sightline": sightline(), "plain aiortc": PlainAiortc, "Debian's Janus": Janus}
    peers |= dict(map(external, externals))
    few = max(1, plan.compared // 5)
    found: dict[str, Any] = {}

    async def series(title: str, cameras: int, rows: Rows) -> dict[str, Any]:
        found[title] = measured = await in_turns(title, cameras, rows, plan, console)
        return measured

    await series("one camera", 1, {name: (build, plan.compared) for name, build in peers.items()})
    found["one camera, viewers that are woken by each datagram"] = await in_turns(
        "woken", 1, {name: (build, plan.compared) for name, build in peers.items()}, plan, console, waiting=True
    )
    found["one camera, datagrams that the kernel has cut up"] = await in_turns(
        "cut up", 1, {"sightline": (sightline(), plan.compared)}, plan, console, coalesce=False
    )
    compared = await series("ten cameras", CAMERAS, {name: (build, plan.compared) for name, build in peers.items()})
    fewer = await series(f"ten cameras, {few} viewers", CAMERAS, {name: (build, few) for name, build in peers.items()})
    own = {f"{count} viewers": (sightline(), count) for count in plan.viewers}
    alone = await series("this gateway, ten cameras", CAMERAS, own)
    await series("this gateway, one camera", 1, {f"{plan.compared} viewers": (sightline(), plan.compared)})
    await series(f"this gateway, {MANY} cameras", MANY, {f"{plan.compared} viewers": (sightline(), plan.compared)})
    workers = {f"workers: {count}": (sightline(media__workers=count), plan.compared) for count in (1, 2)}
    await series("this gateway, ten cameras, by workers", CAMERAS, workers)
    found["memory"] = {name: slope(fewer[name], compared[name]) for name in peers}
    found["memory"][f"sightline, to {max(plan.viewers)} viewers"] = slope(
        alone[f"{min(plan.viewers)} viewers"], alone[f"{max(plan.viewers)} viewers"]
    )
    found["first frame"] = await first_frames(peers, plan, console)
    return found


def slope(less: dict[str, Any], more: dict[str, Any]) -> dict[str, float]:
    """Kilobytes of resident memory that one more viewer takes, between two rows; empty where one is missing."""
    if "not here" in less or "not here" in more or less["viewers"] == more["viewers"]:
        return {}
    apart = more["viewers"] - less["viewers"]
    return {"kilobytes_a_viewer": round(1000 * (more["resident_mb"] - less["resident_mb"]) / apart)}


async def first_frames(peers: dict[str, Build], plan: Plan, console: Console) -> dict[str, Any]:
    """Each server once: clicks are many, and each one is a measurement."""
    found: dict[str, Any] = {}
    for name, build in peers.items():
        console.print(f"[dim]click to first frame: {name}[/]")
        async with feeding(2, free_port(), rtsp_port=plan.rtsp_port) as feed:
            server = build(feed)
            try:
                await server.start()
                found[name] = first_frame.summary(await first_frame.measure(server, 2, plan.clicks))
            except NotHere as reason:
                found[name] = {"not here": str(reason).strip().splitlines()[-1]}
            finally:
                await server.stop()
    return found


async def in_turns(
    title: str,
    cameras: int,
    rows: Rows,
    plan: Plan,
    console: Console,
    coalesce: bool = True,
    waiting: bool = False,
) -> dict[str, Any]:
    """Each row (what, viewers) once a round; the medians of its rounds. One that is not here is left out.
    ``coalesce``, ``waiting``: how the viewers take what arrives."""
    results: dict[str, list[Measured]] = {name: [] for name in rows}
    absent: dict[str, str] = {}
    for number in range(plan.rounds):
        for name, (build, viewers) in rows.items():
            if name in absent:
                continue
            console.print(f"[dim]{title}, round {number + 1}: {name}[/]")
            try:
                async with feeding(cameras, free_port(), rtsp_port=plan.rtsp_port) as feed:
                    measured = await measure(build, feed, viewers, plan.seconds, coalesce, waiting)
                    results[name].append(measured)
            except NotHere as reason:
                absent[name] = str(reason).strip().splitlines()[-1]
    return {name: {"not here": absent[name]} if name in absent else summary(results[name]) for name in rows}


def summary(rounds: list[Measured]) -> dict[str, Any]:
    """Medians over the rounds, and what each round found."""
    cost = [1e6 * one.result.cpu / max(1, one.result.packets) for one in rounds]
    middle = sorted(range(len(rounds)), key=cost.__getitem__)[len(rounds) // 2]
    typical = rounds[middle].result
    return {
        "microseconds_a_packet": round(statistics.median(cost), 2),
        "spread": [round(min(cost), 2), round(max(cost), 2)],
        "viewers_a_core": round(1e6 / PACKETS / statistics.median(cost)) if any(cost) else 0,
        "packets_a_second": round(typical.packets / typical.seconds / max(1, typical.viewers)),
        "delay_ms": {key: _median(rounds, "delay", key) for key in ("p50", "p99")},
        "keyframe_delay_ms": {key: _median(rounds, "keyframe_delay", key) for key in ("p50", "p99")},
        "viewers": min(one.result.viewers for one in rounds),
        "lost": sum(one.result.lost for one in rounds),
        "resident_mb": round(typical.resident / 1e6, 1),
        "others": max(one.result.others for one in rounds),
        "stolen": max(one.result.stolen for one in rounds),
        "counters": dict(sum((Counter(one.counters) for one in rounds), Counter[str]())),
        "rounds": [asdict(one.result) for one in rounds],
    }


def _median(rounds: list[Measured], what: str, key: str) -> float | None:
    values = [getattr(one.result, what)[key] for one in rounds if getattr(one.result, what)]
    return round(statistics.median(values), 2) if values else None
