"""Runs scripts for state machines. A script says what goes in and what must come out.

A script has one line for each event::

    large_picture -> line_up tell | paced

means: after the event ``large_picture`` the machine orders ``line_up`` and ``tell`` and is in state ``paced``. A
mismatch is shown as the difference between two scripts.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

State = TypeVar("State")
Event = TypeVar("Event")
Told = tuple[Iterable[object], object]


def perform(script: str, tell: Callable[[str], Told]) -> None:
    """Give the machine every event of the script. ``tell`` returns the commands and the next state."""
    lines = [" ".join(line.split()) for line in script.strip().splitlines()]
    assert transcript([line.split(" ->")[0] for line in lines], tell) == lines


def transcript(events: Iterable[str], tell: Callable[[str], Told]) -> list[str]:
    """Return what the machine does, as a script."""
    lines = []
    for event in events:
        commands, state = tell(event)
        lines.append(" ".join([event, "->", *map(str, commands), "|", str(state)]))
    return lines


def read_grid(grid: str) -> dict[tuple[str, str], str]:
    """Read a grid with one column per state and one row per event. Return a mapping of (state, event) to the result."""
    header, *rows = (line.split() for line in grid.strip().splitlines())
    return {(state, event): cell for event, *cells in rows for state, cell in zip(header, cells, strict=True)}
