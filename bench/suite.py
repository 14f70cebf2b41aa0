"""Decides what is measured, and in which order. Servers in a comparison take turns, round after round, so that anything
else that the machine is doing affects all of them. The median of the rounds counts, and the spread is shown.
"""

import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import first_frame, floor
from bench.load.clip import PACKETS
from bench.run import Build, Measured, feeding, measure
from bench.servers.janus import Janus
from bench.servers.peers import External, PlainAiortc, go2rtc, mediamtx
from bench.servers.server import NotHere, started
from bench.servers.sightline import Sightline, Variant
from rig.example import ROOT
from rig.processes import free_port

Rows = dict[str, tuple[Build, int]]
CAMERAS = 10
MANY = 40
FEW = 20  # viewers of ten cameras, as in a typical incident
SERIES = ("many", "few", "ten", "woken", "cut", "own", "forty", "workers", "frames")
"""One camera and many viewers; ten cameras and few; ten and many; viewers that wake up for each datagram; datagrams
that the kernel has split; this gateway alone, by number of viewers, with forty cameras, and by number of workers; click
to first frame.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """``viewers``: numbers of viewers for this gateway alone. ``compared``: viewers for every server in the comparison.
    ``clicks``: in Chromium, per server. ``rtsp_port``: the cameras' port, or 0 for any. ``trees``: checkouts of this
    gateway to compare with, by name."""

    rounds: int
    seconds: float
    viewers: tuple[int, ...]
    compared: int
    clicks: int
    rtsp_port: int = 0
    series: tuple[str, ...] = SERIES
    trees: dict[str, Path] = field(default_factory=dict)
    servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """Passes on figures as they are measured: lines of text to ``console``, all figures so far to ``keep``."""

    console: Console
    keep: Callable[[dict[str, Any]], None]


def trees_of(words: list[str]) -> dict[str, Path]:
    """Return checkouts of this gateway by name, from PATH or NAME=PATH."""
    named = [(word.rpartition("=")[0], Path(word.rpartition("=")[2]).resolve()) for word in words]
    return {name or path.name: path for name, path in named}


def sightline(variant: Variant | None = None, **settings: object) -> Build:
    """Return a function that builds a fresh gateway of this variant, with these settings changed."""
    named = {key.replace("__", "."): value for key, value in settings.items()}
    return lambda feed: Sightline(feed.directory, feed.cameras, feed.rtsp_port, named, variant)


def external(text: str) -> tuple[str, Build]:
    """Parse ``NAME=URL,pid=N[,pid=N][,token=T][,host=ADDRESS]`` into a name and a build function. Raises ValueError."""
    name, _, rest = text.partition("=")
    url, *words = rest.split(",")
    given = [word.partition("=")[::2] for word in words]
    pids = tuple(int(value) for key, value in given if key == "pid")
    if not url.startswith("http") or not pids:
        raise ValueError(f"--external {text}: write it as NAME=URL,pid=N")
    told = dict(given)
    return name, lambda feed: External(url, pids, told.get("token", ""), told.get("host", "127.0.0.1"))


def compared(plan: Plan, externals: list[str]) -> dict[str, Build]:
    """Return the servers in the comparison by name, this gateway first."""
    found: dict[str, Build] = {"sightline": sightline()}
    found |= {f"sightline {name}": sightline(Variant(tree)) for name, tree in plan.trees.items() if tree != ROOT}
    found["sightline, no GSO"] = sightline(Variant(gso=False))
    found |= {"MediaMTX": mediamtx, "go2rtc": go2rtc, "plain aiortc": PlainAiortc, "Debian's Janus": Janus}
    found |= dict(map(external, externals))
    return {name: build for name, build in found.items() if not plan.servers or name in plan.servers}


async def measure_all(plan: Plan, externals: list[str], desk: Desk) -> dict[str, Any]:
    """Return every series of the plan by name. A series is {row: figures}. The results are kept after every turn."""
    peers = compared(plan, externals)
    found: dict[str, Any] = {}

    async def series(word: str, title: str, cameras: int, rows: Rows, **how: bool) -> None:
        if word in plan.series:
            found[title] = {}
            await in_turns(title, cameras, rows, plan, desk, found, **how)

    def all_of(viewers: int) -> Rows:
        return {name: (build, viewers) for name, build in peers.items()}

    many, ten, few = "one camera", "ten cameras", f"ten cameras, {FEW} viewers"
    await series("many", many, 1, all_of(plan.compared))
    if "many" in plan.series:
        found["floor"] = await floor_of_all(desk)
        desk.keep(found)
    await series("few", few, CAMERAS, all_of(FEW))
    await series("ten", ten, CAMERAS, all_of(plan.compared))
    await series("woken", f"{many}, viewers that are woken by each datagram", 1, all_of(plan.compared), waiting=True)
    cut = {"sightline": (sightline(), plan.compared)}
    await series("cut", f"{many}, datagrams that the kernel has split", 1, cut, coalesce=False)
    own = {f"{count} viewers": (sightline(), count) for count in plan.viewers}
    await series("own", "this gateway, ten cameras", CAMERAS, own)
    alone = {f"{plan.compared} viewers": (sightline(), plan.compared)}
    await series("forty", f"this gateway, {MANY} cameras", MANY, alone)
    workers = {f"workers: {count}": (sightline(media__workers=count), plan.compared) for count in (1, 2)}
    await series("workers", "this gateway, ten cameras, by workers", CAMERAS, workers)
    found["memory"] = memory(found.get(few, {}), found.get(ten, {}), found.get("this gateway, ten cameras", {}))
    if "frames" in plan.series:
        found["first frame"] = {}
        await first_frames(peers, plan, desk, found)
    return found


async def floor_of_all(desk: Desk) -> dict[str, Any]:
    """Return what sealing and sending alone cost in C, or nothing if the program cannot be built."""
    try:
        found = await floor.measure()
    except NotHere as reason:
        desk.console.print(f"the floor in C: {reason}", style="dim", markup=False)
        return {}
    desk.console.print(f"the floor in C, µs per packet: {found}", style="dim", markup=False)
    return found


def memory(few: dict[str, Any], many: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return the memory per further viewer of each server for which both ends of the slope were measured."""
    found = {name: slope(few[name], many[name]) for name in few.keys() & many.keys()}
    if len(own) > 1:
        rows = list(own.values())
        found[f"sightline, to {list(own)[-1]}"] = slope(rows[0], rows[-1])
    return {name: row for name, row in sorted(found.items()) if row}


def slope(less: dict[str, Any], more: dict[str, Any]) -> dict[str, float]:
    """Return the kilobytes of resident memory per further viewer, between two rows, or nothing if one is missing."""
    if "not here" in less or "not here" in more or less["viewers"] == more["viewers"]:
        return {}
    apart = more["viewers"] - less["viewers"]
    return {"kilobytes_a_viewer": round(1000 * (more["resident_mb"] - less["resident_mb"]) / apart)}


async def first_frames(peers: dict[str, Build], plan: Plan, desk: Desk, found: dict[str, Any]) -> None:
    """Measure each server once: it gets many clicks, and every click is a measurement."""
    for name, build in peers.items():
        try:
            async with feeding(2, free_port(), rtsp_port=plan.rtsp_port) as feed, started(server := build(feed)):
                row: dict[str, Any] = first_frame.summary(await first_frame.measure(server, 2, plan.clicks))
        except Exception as reason:  # whatever it is, it costs only this row
            row = {"not here": words_of(reason)}
        found["first frame"][name] = row
        desk.console.print(f"[dim]click to first frame: {name}: {row}[/]")
        desk.keep(found)


async def in_turns(
    title: str,
    cameras: int,
    rows: Rows,
    plan: Plan,
    desk: Desk,
    found: dict[str, Any],
    coalesce: bool = True,
    waiting: bool = False,
) -> None:
    """Measure every row (what, viewers) once per round. ``found[title]`` gets the medians so far after every turn.

    A row whose server is not installed is left out of later rounds. A row that fails is tried again, and shows how
    often it failed. ``coalesce`` and ``waiting`` say how the viewers receive.
    """
    results: dict[str, list[Measured]] = {name: [] for name in rows}
    failures: dict[str, list[str]] = {name: [] for name in rows}
    absent = set[str]()
    for number in range(plan.rounds):
        for name, (build, viewers) in rows.items():
            if name in absent:
                continue
            try:
                async with feeding(cameras, free_port(), rtsp_port=plan.rtsp_port) as feed:
                    measured = await measure(build, feed, viewers, plan.seconds, coalesce, waiting)
                results[name].append(measured)
                told = f"{1e6 * measured.result.cpu / measured.result.packets:.2f} µs per packet"
            except Exception as reason:  # whatever it is, it costs only this row
                told = words_of(reason)
                failures[name].append(told)
                if isinstance(reason, NotHere):
                    absent.add(name)
            desk.console.print(f"{title}, round {number + 1}: {name}: {told}", style="dim", markup=False)
            found[title][name] = row_of(results[name], failures[name])
            desk.keep(found)


def row_of(rounds: list[Measured], failures: list[str]) -> dict[str, Any]:
    """Return a row's figures, or why there are none."""
    if not rounds:
        return {"not here": failures[-1]}
    return summary(rounds) | ({"failures": failures} if failures else {})


def words_of(error: Exception) -> str:
    """Say in one line what went wrong."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1][:300]


def summary(rounds: list[Measured]) -> dict[str, Any]:
    """Return the medians over the rounds, and the results of each round."""
    cost = [1e6 * one.result.cpu / max(1, one.result.packets) for one in rounds]
    middle = sorted(range(len(rounds)), key=cost.__getitem__)[len(rounds) // 2]
    typical = rounds[middle].result
    return {
        "microseconds_a_packet": round(statistics.median(cost), 2),
        "spread": [round(min(cost), 2), round(max(cost), 2)],
        "viewers_a_core": round(1e6 / PACKETS / statistics.median(cost)) if any(cost) else 0,
        "packets_a_send": round(typical.packets / max(1, typical.runs), 1),
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
