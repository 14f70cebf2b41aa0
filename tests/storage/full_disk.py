"""A disk that takes nothing, where the database meets it and where the reserve file does."""

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
    """No transaction that writes can begin, in any database of this process."""

    def refuse(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement == "BEGIN IMMEDIATE":
            raise OperationalError(statement, None, sqlite3.OperationalError("database or disk is full"))

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)


def fill_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reserve file takes nothing either."""

    def fail(_reserve: Reserve, _value: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Reserve, "save", fail)
