"""Carries steady time (``clock``) over a restart of the gateway, so that a clock that was set does no harm then either.

While the machine runs, a gateway that is started again goes on in the steady time of the run before: an open incident
and those who are signed in notice nothing, whatever the clock says by now. After a restart of the machine its clock is
believed again, but for one thing: time does not begin before it was last seen. Else what had ended long ago would live
on at a machine that starts without knowing the time, until a time service has set it right.
"""

import asyncio
import json
import logging
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.clock import Clock, SystemClock, uptime

logger = logging.getLogger(__name__)

EVERY = 60.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is on disk. ``boot`` names one run of the machine, ``began_at`` is steady time at its start.

    ``seen_at``: the last time that was surely over: the lesser of steady and wall time, since either may be wrong.
    """

    boot: str
    began_at: float
    seen_at: float


def began_at(kept: Kept | None, boot: str, wall: float, up: float) -> float:
    """Steady time at the machine's start, for a gateway that starts ``up`` seconds later. Pure."""
    if kept is None:
        return wall - up
    if kept.boot == boot != "" and kept.began_at + up >= kept.seen_at:  # else a sandbox whose own clock began anew
        return kept.began_at
    return max(wall, kept.seen_at) - up


class SteadyTime:
    """The file that keeps it. A file that cannot be read or written stops nothing: the clock is believed then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot = _boot()

    def clock(self) -> SystemClock:
        """The clock to count by from now on. Blocking."""
        believed = SystemClock()
        clock = SystemClock(began_at(self._load(), self._boot, believed.wall(), uptime()))
        self._save(clock)
        return clock

    async def run(self, clock: Clock) -> None:
        """Note once a minute what time it is, until cancelled."""
        while True:
            await clock.sleep(EVERY)
            await asyncio.to_thread(self._save, clock)

    def _load(self) -> Kept | None:
        try:
            found = json.loads(self._path.read_bytes())
            kept = Kept(str(found["boot"]), float(found["began_at"]), float(found["seen_at"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("%s cannot be read (%s): the machine's clock is believed", self._path, error)
            return None
        return kept if math.isfinite(kept.began_at) and math.isfinite(kept.seen_at) else None

    def _save(self, clock: Clock) -> None:
        kept = Kept(self._boot, clock.now() - uptime(), min(clock.now(), clock.wall()))
        beside = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(json.dumps(asdict(kept)))
            os.replace(beside, self._path)
        except OSError as error:
            logger.warning("%s cannot be written: %s", self._path, error)


def _boot() -> str:
    """The id of this run of the machine; empty where the system tells none, and then no two runs are the same."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
