"""``python -m bench idle`` measures the cost of pulling all cameras of a school all the time while nobody is watching.

The cameras are the feeder's, at half the picture rate and so at 1 Mbit/s (15 pictures, 117 packets per second), over
RTSP/TCP on loopback. This gateway (with and without picture health, in every checkout that is named), MediaMTX and
go2rtc take turns with the same feeder, round after round. The feeder's own cost is not counted. In every turn, the
bench starts the server, waits until every camera is playing and then for longer than a group of pictures lasts, and
measures.

CPU is user and system time of the server's processes, from /proc. Memory is PSS at the end; the memory per camera is
the slope from a turn with one camera. A server that reads less than the feeder writes gives itself away: pictures pile
up in sockets (*behind* says how much) until those are full, and then *delivered* falls below 1.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.accounting import machine, proportional, queued, usage
from bench.figures.growth import kept_up
from bench.run import Build, Feed, counted, feeding
from bench.servers.peers import go2rtc, mediamtx
from bench.servers.server import started
from bench.servers.sightline import Variant
from bench.suite import sightline, trees_of, words_of
from rig.example import ROOT

FPS = 15
SETTLE = 10.0  # the film's group of pictures lasts 8 s at this rate
ALL_PLAY_WITHIN = 30.0
ALL_PLAY_WITHIN_A_CAMERA = 0.2
BYTES_A_SECOND = 125_000  # of one camera at FPS
KINDS = ("sightline", "mediamtx", "go2rtc")


@dataclass(frozen=True, slots=True)
class Turn:
    """The results of one turn. ``cores``: CPU seconds per second. ``delivered``: share of the pictures due that the
    feeder could write; it is less than 1 if the feeder is late or the server does not read. ``behind``: seconds of
    every stream that were still unread at the end. ``busy``: cores in use on the whole machine, the server and feeder
    included."""

    cameras: int
    seconds: float
    cores: float
    user: float
    system: float
    pss_mb: float
    microseconds_a_packet: float
    delivered: float
    behind: float
    busy: float
    stolen: float


def contenders(
    only: Iterable[str], trees: Iterable[str], workers: int = 1, healths: Iterable[str] = ("off", "on")
) -> dict[str, Build]:
    """Return what is to be measured, by name. ``trees``: checkouts of this gateway as NAME=PATH or PATH; if empty, this
    one. ``healths``: picture health ``on``, ``off``, or both."""
    found: dict[str, Build] = {}
    kinds = tuple(only) or KINDS
    if "sightline" in kinds:
        for name, tree in (trees_of(list(trees)) or {"": ROOT}).items():
            label = f"sightline {name}".strip()
            for word in healths:
                variant = Variant(tree, health=word == "on", watched=False)
                found[f"{label}, health {word}"] = sightline(variant, media__workers=workers)
    if "mediamtx" in kinds:
        found["mediamtx"] = mediamtx
    if "go2rtc" in kinds:
        found["go2rtc"] = go2rtc
    return found


async def measure(
    builds: dict[str, Build],
    counts: tuple[int, ...],
    rounds: int,
    seconds: float,
    console: Console,
    keep: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Return {cameras: {name: figures}}, and pass it to ``keep`` after every turn. A failure loses only its turn."""
    turns: dict[int, dict[str, list[Turn]]] = {count: {name: [] for name in builds} for count in (1, *counts)}
    absent: dict[int, dict[str, str]] = {count: {} for count in turns}
    for count in turns:
        async with feeding(count, fps=FPS, logged=False) as feed:
            for number in range(rounds if count > 1 else 1):
                for name, build in builds.items():
                    if name in absent[count] or name in absent[1]:
                        continue
                    try:
                        turn = await one_turn(build, feed, seconds if count > 1 else 1.0)
                    except Exception as reason:  # whatever it is, only this row is lost
                        absent[count][name] = words_of(reason)
                        console.print(f"{count} cameras: {name}: {absent[count][name]}", style="dim")
                    else:
                        turns[count][name].append(turn)
                        console.print(f"{count} cameras, round {number + 1}: {name}: {line(turn)}", style="dim")
                    keep(figures(turns, absent, counts))
    return figures(turns, absent, counts)


async def one_turn(build: Build, feed: Feed, seconds: float) -> Turn:
    """Start a server, wait for it to settle, measure it and stop it. Raises NotHere, AssertionError."""
    directory = feed.directory / f"turn-{time.monotonic_ns()}"
    directory.mkdir()
    async with started(server := build(replace(feed, directory=directory))):
        await all_play(feed)
        await asyncio.sleep(SETTLE)
        written, house, used, began = await counted(feed), machine(), usage(server.pids), time.monotonic()
        await asyncio.sleep(seconds)
        used_then, house_then, passed = usage(server.pids), machine(), time.monotonic() - began
        written_then = await counted(feed)
        waiting = written_then.waiting + queued(feed.rtsp_port)
        memory = proportional(server.pids)
    cpu, packets = used_then.cpu - used.cpu, written_then.packets - written.packets
    return Turn(
        cameras=feed.cameras,
        seconds=round(passed, 2),
        cores=round(cpu / passed, 4),
        user=round((used_then.user - used.user) / passed, 4),
        system=round((used_then.cpu - used_then.user - used.cpu + used.user) / passed, 4),
        pss_mb=round(memory / 1e6, 2),
        microseconds_a_packet=round(1e6 * cpu / max(1, packets), 2),
        delivered=round((written_then.pictures - written.pictures) / (passed * feed.cameras * FPS), 3),
        behind=round(waiting / (feed.cameras * BYTES_A_SECOND), 2),
        busy=round((house_then.busy - house.busy) / passed, 2),
        stolen=round((house_then.stolen - house.stolen) / passed, 2),
    )


async def all_play(feed: Feed) -> None:
    """Wait until every camera is playing. Raises AssertionError."""
    deadline = time.monotonic() + ALL_PLAY_WITHIN + ALL_PLAY_WITHIN_A_CAMERA * feed.cameras
    while (players := (await counted(feed)).players) < feed.cameras:
        if time.monotonic() > deadline:
            raise AssertionError(f"only {players} of {feed.cameras} cameras play")
        await asyncio.sleep(0.2)


def figures(
    turns: dict[int, dict[str, list[Turn]]], absent: dict[int, dict[str, str]], counts: tuple[int, ...]
) -> dict[str, Any]:
    """Return the medians of the turns that succeeded, and the turns themselves. Pure."""
    found: dict[str, Any] = {}
    for count in counts:
        rows = found[f"{count} cameras"] = {}
        for name, taken in turns[count].items():
            if not taken:
                if reason := absent[count].get(name) or absent[1].get(name):
                    rows[name] = {"not here": reason}
                continue
            rows[name] = row = {
                key: round(statistics.median(asdict(turn)[key] for turn in taken), 4) for key in asdict(taken[0])
            }
            row["spread"] = [min(turn.cores for turn in taken), max(turn.cores for turn in taken)]
            if alone := turns[1].get(name):
                least = statistics.median(turn.pss_mb for turn in alone)
                row["kilobytes_a_camera"] = round(1000 * (row["pss_mb"] - least) / max(1, count - 1))
            row["turns"] = [asdict(turn) for turn in taken]
    return found


def line(turn: Turn) -> str:
    """Describe one turn."""
    return (
        f"{turn.cores:.3f} cores ({turn.user:.3f} user, {turn.system:.3f} system), {turn.microseconds_a_packet:.1f} µs "
        f"a packet, {turn.pss_mb:.0f} MB, delivered {turn.delivered:.3f}, behind {turn.behind:.2f} s, "
        f"machine busy {turn.busy:.2f}"
    )


HEADINGS = (
    "cores",
    "spread",
    "ratio",
    "ms/s a camera",
    "µs/packet",
    "PSS MB",
    "kB per camera",
    "delivered",
    "behind s",
    "busy",
)


def show(found: dict[str, Any], console: Console) -> None:
    """Print one table for every number of cameras."""
    for title, rows in found.items():
        table = Table(title=f"{title} of 1 Mbit/s, nobody watches")
        table.add_column("", no_wrap=True)
        for heading in HEADINGS:
            table.add_column(heading, justify="right", no_wrap=True)
        first = next((row["cores"] for row in rows.values() if "cores" in row), 0.0)
        for name, row in rows.items():
            if "not here" in row:
                continue
            table.add_row(
                name,
                f"{row['cores']:.3f}",
                "{:.3f}-{:.3f}".format(*row["spread"]),
                f"{row['cores'] / first:.2f}" if first else "-",
                f"{1000 * row['cores'] / row['cameras']:.2f}",
                f"{row['microseconds_a_packet']:.1f}",
                f"{row['pss_mb']:.0f}",
                str(row.get("kilobytes_a_camera", "-")),
                f"{row['delivered']:.3f}",
                f"{row['behind']:.2f}" + ("" if kept_up(row) else " !"),
                f"{row['busy']:.2f}",
            )
        console.print(table)
        for name, row in rows.items():
            if "not here" in row:
                console.print(f"  {name}: {row['not here']}", style="dim", markup=False)
