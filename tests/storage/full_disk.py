"""Simulates a full disk, for the database and for the reserve file."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from gateway.storage.reserve import Reserve


@contextmanager
def full_database() -> Iterator[None]:
    """Make every transaction that writes fail to begin, in any database of this process."""

    def refuse(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement == "BEGIN IMMEDIATE":
            raise OperationalError(statement, None, sqlite3.OperationalError("database or disk is full"))

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)


def fill_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make writes to the reserve file fail too."""

    def fail(_reserve: Reserve, _value: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Reserve, "save", fail)
