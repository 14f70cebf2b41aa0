"""Provides an empty database of the newest version, migrated once per test process and then copied.

``tests/storage`` tests the migrations, on files that begin empty.
"""

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine

from gateway.storage.database import Database, sqlite_url
from gateway.storage.migrate import upgrade


@functools.cache
def _migrated() -> bytes:
    """Return the content of the file."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "sightline.db"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
        return path.read_bytes()


def database_url(directory: Path) -> str:
    """Return the URL of the database in ``directory``. If there is none, put one there."""
    path = directory / "sightline.db"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_migrated())
    return sqlite_url(path)


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[Database]:
    """Return the database in ``directory``, open while the block lasts."""
    database = Database(database_url(directory))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """Return an open database in the test's folder."""
    async with opened(tmp_path) as database:
        yield database
