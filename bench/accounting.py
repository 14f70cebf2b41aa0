"""Reads from /proc what processes have used and what the machine did meanwhile. Linux only."""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_ESTABLISHED = "01"
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of a set of processes: CPU seconds of all threads, those of them in user mode, and resident bytes."""

    cpu: float
    resident: int
    user: float = 0.0


@dataclass(frozen=True, slots=True)
class Machine:
    """Seconds of all cores together since boot: busy, and taken by the host if this is a virtual machine."""

    busy: float
    stolen: float


def usage(pids: Iterable[int]) -> Usage:
    """Return the usage of the processes and of all their living descendants."""
    cpu, user, resident = 0.0, 0.0, 0
    for pid in family(pids):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # the process has just ended
            continue
        cpu += sum(map(int, fields[11:15])) / _TICK  # its own time, and that of its children that have ended
        user += (int(fields[11]) + int(fields[13])) / _TICK
        resident += int(fields[21]) * _PAGE
    return Usage(cpu, resident, user)


def proportional(pids: Iterable[int]) -> int:
    """Return the bytes of memory of the processes and their descendants, with shared pages divided among them (PSS)."""
    found = 0
    for pid in family(pids):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        found += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return found


def queued(port: int, tables: Iterable[str] = ("/proc/net/tcp", "/proc/net/tcp6")) -> int:
    """Return the bytes waiting in the kernel, in both directions, on all TCP connections with this port at one end."""
    found, ending = 0, f":{port:04X}"
    for table in tables:
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _ESTABLISHED and (fields[1].endswith(ending) or fields[2].endswith(ending)):
                    found += sum(int(side, 16) for side in fields[4].split(":"))
    return found


def family(pids: Iterable[int]) -> set[int]:
    """Return the ids of the processes and of all their descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    found: set[int] = set()
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def machine() -> Machine:
    """Return the machine's figures as of now."""
    ticks = [int(field) / _TICK for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _, _, hard, soft, stolen = ticks
    return Machine(user + nice + system + hard + soft, stolen)
