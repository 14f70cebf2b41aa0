"""What is measured, in which order. Servers that are compared take turns, round after round, so that whatever else the
machine does meanwhile falls on all of them; the median of the rounds counts, and the spread is told."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from bench.peers import External, PlainAiortc
from bench.run import Feed, Measured, feeding, measure
from bench.server import NotHere, Server
from bench.sightline import Sightline

Build = Callable[[Feed], Server]
CAMERAS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """``viewers``: of this gateway alone. ``compared``: of every server of the comparison."""

    rounds: int
    seconds: float
    viewers: tuple[int, ...]
    compared: int


def sightline(**settings: object) -> Build:
    """A fresh gateway with settings that differ."""
    named = {key.replace("__", "."): value for key, value in settings.items()}
    return lambda feed: Sightline(feed.directory, feed.cameras, feed.rtsp_port, named)


def external(text: str) -> tuple[str, Build]:
    """``NAME=URL,pid=N[,pid=N][,token=T]`` as a name and what to measure. Raises ValueError."""
    name, _, rest = text.partition("=")
    url, *words = rest.split(",")
    pids = tuple(int(word.removeprefix("pid=")) for word in words if word.startswith("pid="))
    token = next((word.removeprefix("token=") for word in words if word.startswith("token=")), "")
    if not url.startswith("http") or not pids:
        raise ValueError(f"--external {text}: write it as NAME=URL,pid=N")
    return name, lambda feed: External(url, pids, token)


async def measure_all(plan: Plan, externals: list[str], console: Console) -> dict[str, Any]:
    """Every series by its name; a series is {row: figures}."""
    peers = {"sightline": sightline(), "plain aiortc": PlainAiortc} | dict(map(external, externals))
    found: dict[str, Any] = {}
    for cameras, title in ((1, "one camera"), (CAMERAS, "ten cameras")):
        rows = {name: (build, cameras, plan.compared) for name, build in peers.items()}
        found[f"compared, {title}"] = await in_turns(rows, plan, console)
    rows = {f"{count} viewers, {CAMERAS} cameras": (sightline(), CAMERAS, count) for count in plan.viewers}
    rows["100 viewers, 1 camera"] = (sightline(), 1, 100)
    found["sightline"] = await in_turns(rows, plan, console)
    rows = {f"{count} workers": (sightline(media__workers=count), CAMERAS, 100) for count in (1, 2)}
    found["workers"] = await in_turns(rows, plan, console)
    return found


async def in_turns(rows: dict[str, tuple[Build, int, int]], plan: Plan, console: Console) -> dict[str, Any]:
    """Each row (what, cameras, viewers) once a round; the medians of its rounds. One that is not here is left out."""
    results: dict[str, list[Measured]] = {name: [] for name in rows}
    absent: dict[str, str] = {}
    for number in range(plan.rounds):
        for name, (build, cameras, viewers) in rows.items():
            if name in absent:
                continue
            console.print(f"[dim]round {number + 1}: {name}, {cameras} cameras, {viewers} viewers[/]")
            try:
                async with feeding(cameras) as feed:
                    results[name].append(await measure(build, feed, viewers, plan.seconds))
            except NotHere as reason:
                absent[name] = str(reason).splitlines()[-1]
    return {name: {"not here": absent[name]} if name in absent else summary(results[name]) for name in rows}


def summary(rounds: list[Measured]) -> dict[str, Any]:
    """Medians over the rounds, and what each round found."""
    cost = [1e6 * one.result.cpu / max(1, one.result.packets) for one in rounds]
    middle = sorted(range(len(rounds)), key=cost.__getitem__)[len(rounds) // 2]
    typical = rounds[middle].result
    a_viewer = typical.cpu / typical.seconds / max(1, typical.viewers)
    return {
        "microseconds_a_packet": round(statistics.median(cost), 2),
        "spread": [round(min(cost), 2), round(max(cost), 2)],
        "viewers_a_core": round(1 / a_viewer) if a_viewer else 0,
        "delay_ms": {key: _median(rounds, "delay", key) for key in ("p50", "p99")},
        "keyframe_delay_ms": {key: _median(rounds, "keyframe_delay", key) for key in ("p50", "p99")},
        "viewers": min(one.result.viewers for one in rounds),
        "lost": sum(one.result.lost for one in rounds),
        "resident_mb": round(typical.resident / 1e6, 1),
        "others": max(one.result.others for one in rounds),
        "stolen": max(one.result.stolen for one in rounds),
        "counters": rounds[-1].counters,
        "rounds": [asdict(one.result) for one in rounds],
    }


def _median(rounds: list[Measured], what: str, key: str) -> float | None:
    values = [getattr(one.result, what)[key] for one in rounds if getattr(one.result, what)]
    return round(statistics.median(values), 2) if values else None
