"""Keeps steady time (``clock``) across restarts of the gateway, so that a changed clock does no harm then either.

If only the gateway restarts, it continues with the steady time of the previous run. Open incidents and sign-ins are not
affected, whatever the clock says now. If the machine restarts, its clock is trusted again, with one exception: time
never restarts from before the last time seen. Otherwise, on a machine that starts without knowing the time, grants and
sign-ins that ended long ago would be valid again until a time service corrects the clock.
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
    """Holds what is on disk. ``boot`` identifies one run of the machine, and ``began_at`` is steady time at its start.

    ``seen_at`` is a time that has certainly passed: the earlier of steady and wall time, since either may be wrong.
    """

    boot: str
    began_at: float
    seen_at: float


def began_at(kept: Kept | None, boot: str, wall: float, up: float) -> float:
    """Return steady time at the machine's start, for a gateway that starts ``up`` seconds later. Pure."""
    if kept is None:
        return wall - up
    if kept.boot == boot != "" and kept.began_at + up >= kept.seen_at:  # A sandbox may have restarted its clock.
        return kept.began_at
    return max(wall, kept.seen_at) - up


class SteadyTime:
    """Keeps steady time in a file. If the file cannot be read or written, the gateway trusts the machine's clock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot = _boot()

    def clock(self) -> SystemClock:
        """Return the clock to use from now on. It blocks."""
        believed = SystemClock()
        clock = SystemClock(began_at(self._load(), self._boot, believed.wall(), uptime()))
        self._save(clock)
        return clock

    async def run(self, clock: Clock) -> None:
        """Write the time to disk once a minute, until cancelled."""
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
            logger.warning("%s cannot be read (%s): trusting the machine's clock", self._path, error)
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
    """Return the id of this run of the machine. If the system has none, it is empty, and every run counts as new."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
