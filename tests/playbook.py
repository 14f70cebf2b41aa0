"""Scripts for state machines: what goes in, and what must come out.

A script has a line an event::

    large_picture -> line_up tell | paced

reads: told ``large_picture``, the machine orders ``line_up`` and ``tell``, and is ``paced`` then. A mismatch shows as
the difference of two scripts.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

State = TypeVar("State")
Event = TypeVar("Event")
Told = tuple[Iterable[object], object]


def perform(script: str, tell: Callable[[str], Told]) -> None:
    """Tell the machine each event of the script; ``tell`` returns the commands and the state that follow."""
    lines = [" ".join(line.split()) for line in script.strip().splitlines()]
    assert transcript([line.split(" ->")[0] for line in lines], tell) == lines


def transcript(events: Iterable[str], tell: Callable[[str], Told]) -> list[str]:
    """What the machine does, as a script."""
    lines = []
    for event in events:
        commands, state = tell(event)
        lines.append(" ".join([event, "->", *map(str, commands), "|", str(state)]))
    return lines


def read_grid(grid: str) -> dict[tuple[str, str], str]:
    """(state, event) -> what follows, of a grid with a column a state and a row an event."""
    header, *rows = (line.split() for line in grid.strip().splitlines())
    return {(state, event): cell for event, *cells in rows for state, cell in zip(header, cells, strict=True)}
