"""The one place where the database is opened: SQLite by default, PostgreSQL by URL.

With SQLite, one writer at a time is a fact. Writers queue here, in order and without polling, and each begins with
BEGIN IMMEDIATE, so that no transaction that has read can find itself unable to write ("database is locked"). Another
process on the same file (the command line) is waited for by ``busy_timeout``. Readers go beside, on snapshots.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from gateway.errors import StorageError
from gateway.storage.migrate import upgrade

BUSY_TIMEOUT_MS = 5000
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT_MS}


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


class Database:
    """Sessions on one database. ``url`` is an SQLAlchemy URL with an async driver.

    Raises StorageError for whatever the database cannot do; IntegrityError is left to the caller, who alone knows
    what a row that exists already means.
    """

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        # Parameters are hidden in errors: they hold names, hashes and keys.
        self._engine = create_async_engine(self._url, hide_parameters=True)
        self._write = async_sessionmaker(self._engine, expire_on_commit=False)
        self._read = async_sessionmaker(self._engine.execution_options(reading=True), expire_on_commit=False)
        self._writing = asyncio.Lock()
        self._writer: asyncio.Task[Any] | None = None
        self._sqlite = self._engine.dialect.name == "sqlite"
        if self._sqlite:
            event.listen(self._engine.sync_engine, "connect", _configure_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    @property
    def path(self) -> Path | None:
        """The SQLite file; None where the database is elsewhere."""
        return Path(self._url.database) if self._sqlite and self._url.database else None

    async def open(self) -> None:
        """Bring the schema to the newest version and check that a commit is durable. Raises StorageError."""
        if self._sqlite:
            _prepare_file(self._url.database)
        try:
            if self._sqlite:
                async with self._engine.execution_options(reading=True).connect() as connection:
                    await connection.run_sync(_assert_durable)
            async with self._engine.begin() as connection:
                await connection.run_sync(upgrade)
        except CommandError as error:
            raise StorageError(f"the database is of another version of Sightline: {error}") from error
        except (DBAPIError, PoolTimeout) as error:
            raise _storage_error("cannot be opened", error) from error

    async def close(self) -> None:
        """Close every connection. Sessions must have ended."""
        await self._engine.dispose()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A writing session: committed, to disk, on clean exit; rolled back on any exception."""
        if self._writer is asyncio.current_task():
            raise RuntimeError("a writing session inside another one of the same task would wait for itself")
        async with self._writing if self._sqlite else _no_lock():
            self._writer = asyncio.current_task() if self._sqlite else None
            try:
                async with self._write.begin() as session:
                    yield session
            except IntegrityError:
                raise
            except (DBAPIError, PoolTimeout) as error:
                raise _storage_error("could not write", error) from error
            finally:
                self._writer = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads, on one snapshot, waiting for no writer. What it changes is not kept."""
        try:
            async with self._read() as session:
                yield session
        except (DBAPIError, PoolTimeout) as error:
            raise _storage_error("could not read", error) from error


def _storage_error(what: str, error: DBAPIError | PoolTimeout) -> StorageError:
    return StorageError(f"the database {what}: {error.orig if isinstance(error, DBAPIError) else error}")


@asynccontextmanager
async def _no_lock() -> AsyncIterator[None]:
    yield


def _prepare_file(name: str | None) -> None:
    """Make the file, readable by us alone: it holds the signing keys. SQLite gives its WAL the same mode."""
    if not name or name == ":memory:":
        raise StorageError("a database in memory would forget open incidents at a restart: name a file")
    path = Path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise StorageError(f"the database file cannot be made: {error}") from error


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")  # first: changing the journal mode may have to wait
    for name, value in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _assert_durable(connection: Connection) -> None:
    for name, wanted in PRAGMAS.items():
        found = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        if found != wanted:
            raise StorageError(f"SQLite has {name}={found} where {wanted} is needed (is it on a network drive?)")
