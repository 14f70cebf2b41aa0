"""Compares a run with the targets of the gateway on two shared cores. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

FIFTH = 5.0
COMPILED = {"MediaMTX": 2.0, "go2rtc": 2.0}
"""The smallest acceptable ratio of a Go server's cost to this gateway's. For all other servers it is FIFTH."""
MOST_MICROSECONDS = 6.0
WORKERS_WITHIN = 1.15
MOST_DELAY = 3.0
TO_PICTURE, TO_LIVE = 150.0, 500.0
ALARM_MS, PICTURE_UNDER_LOAD_MS = 250.0, 1000.0


class Target(NamedTuple):
    """A ``figure`` as it is shown, beside what it has to be."""

    what: str
    figure: str
    wanted: str
    met: bool


def targets(found: dict[str, Any]) -> list[Target]:
    """Return the targets for which the run has figures."""
    return [
        *_servers(found.get("servers", {})),
        *_idle(found.get("idle", {})),
        *_glass(found.get("glass", {})),
        *_alarms(found.get("alarms", {})),
    ]


def _servers(series: dict[str, Any]) -> Iterator[Target]:
    one = series.get("one camera", {})
    own = one.get("sightline", {}).get("microseconds_a_packet")
    for name, row in one.items():
        if own and not name.startswith("sightline") and "microseconds_a_packet" in row:
            ratio, least = row["microseconds_a_packet"] / own, COMPILED.get(name, FIFTH)
            what = f"{name}: CPU per packet, relative to ours, one camera, {row['viewers']} viewers"
            yield Target(what, f"{ratio:.1f}", f"at least {least:g}", ratio >= least)
    ten = series.get("this gateway, ten cameras", {})
    if row := ten.get("400 viewers"):
        cost = row["microseconds_a_packet"]
        wanted = f"under {MOST_MICROSECONDS:g} us"
        yield Target("CPU per packet, 400 viewers", f"{cost:.2f} us", wanted, cost < MOST_MICROSECONDS)
        gone = row["lost"] + sum(ours(row).values())
        yield Target("packets lost or dropped by us, 400 viewers of 2 Mbit/s", f"{gone:g}", "0", not gone)
    if (row := ten.get("100 viewers")) and row["delay_ms"]["p99"] is not None:
        delay = row["delay_ms"]["p99"]
        wanted = f"under {MOST_DELAY:g} ms"
        yield Target("RTP in to out, p99, 100 viewers, 10 cameras", f"{delay:.2f} ms", wanted, delay < MOST_DELAY)
    workers = series.get("this gateway, ten cameras, by workers", {})
    if len(workers) == 2:
        alone, both = (row["microseconds_a_packet"] for row in workers.values())
        wanted = f"at most {WORKERS_WITHIN:g}"
        yield Target(
            "CPU per packet, two workers relative to one", f"{both / alone:.2f}", wanted, both / alone <= WORKERS_WITHIN
        )


def _idle(series: dict[str, Any]) -> Iterator[Target]:
    """Compare with MediaMTX while picture health is off, because MediaMTX does not check pictures."""
    for title, rows in series.items():
        own, theirs = (rows.get(name, {}).get("cores") for name in ("sightline, health off", "mediamtx"))
        if own and theirs:
            what = f"nobody watching, {title}: CPU with picture health off, relative to MediaMTX"
            yield Target(what, f"{own / theirs:.2f}", "at most 1", own <= theirs)


def _glass(rows: dict[str, Any]) -> Iterator[Target]:
    for row, what, most in (("click_to_picture", "first picture", TO_PICTURE), ("click_to_live", "LIVE", TO_LIVE)):
        if row in rows:
            took = rows[row]["p95_ms"]
            yield Target(f"click to {what}, p95, GOP 4 s", f"{took:.0f} ms", f"under {most:g} ms", took < most)


def _alarms(rows: dict[str, Any]) -> Iterator[Target]:
    for load, row in rows.items():
        for what, key, most in (("alarm", "alarms", ALARM_MS), ("picture", "pictures", PICTURE_UNDER_LOAD_MS)):
            took = row[key]["p95_ms"]
            yield Target(f"{what}, p95, load: {load}", f"{took:.0f} ms", f"under {most:g} ms", took < most)


def ours(row: dict[str, Any]) -> dict[str, float]:
    """Return how much the gateway dropped that it should have sent, not counting a camera's pictures before its
    keyframe.
    """
    return {key: value for key, value in row.get("counters", {}).items() if value and "dropped" in key and _sent(key)}


def _sent(key: str) -> bool:
    return 'where="source_' not in key
