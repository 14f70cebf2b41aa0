"""Says how every command ends: what it prints, and its exit code.

An error is printed on one line. The exit code is then 1, or 3 for Unconfirmed.
"""

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

from gateway.errors import ConfigurationError, SightlineError, Unconfirmed

console = Console(highlight=False, soft_wrap=True)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command. If it fails as our code expects, print why and exit."""
    with reported():
        asyncio.run(work)


@contextmanager
def reported() -> Iterator[None]:
    """Print the errors that the block raises on purpose, and exit."""
    try:
        yield
    except SightlineError as error:
        fail(error)
    except BaseExceptionGroup as group:
        expected, rest = group.split(SightlineError)
        if rest is not None or expected is None:
            raise
        fail(*_leaves(expected))


def fail(*errors: SightlineError) -> NoReturn:
    """Print one line per fault, and exit with 1, or with 3 for Unconfirmed.

    A line that names a file begins with the file, as editors expect.
    """
    for error in errors:
        for line in error.problems if isinstance(error, ConfigurationError) else [f"sightline: {error}"]:
            print(line, file=sys.stderr)  # noqa: T201 - the only place that writes to a terminal's stderr
    raise typer.Exit(3 if any(isinstance(error, Unconfirmed) for error in errors) else 1)


def say(text: str) -> None:
    """Print a line."""
    console.print(text, markup=False)


def _leaves(group: BaseExceptionGroup[SightlineError]) -> Iterator[SightlineError]:
    """Yield the errors of a group, at any depth."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
