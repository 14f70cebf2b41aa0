"""The one place where the database is opened: one SQLite file.

SQLite has one writer at a time. Writers queue here, without polling, the most urgent first (``turns``), and
each begins with BEGIN IMMEDIATE, so that no transaction that has read can find itself unable to write ("database is
locked"). Another process on the same file (the command line) is waited for by ``busy_timeout``. Readers go beside, on
snapshots.

Alarms have connections of their own, for writing and for reading, which nobody else can hold. They wait neither long
for a turn nor long for another process: one that cannot write within about a second is told so, and uses the reserve.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from sqlalchemy import AsyncAdaptedQueuePool, Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from gateway.errors import StorageError
from gateway.storage.migrate import upgrade
from gateway.storage.owed import Owed
from gateway.storage.turns import Turns, Urgency

BUSY_TIMEOUT_MS = 5000
URGENT_TIMEOUT_MS = 500
"""How long an alarm waits for another process that writes to the same file."""
URGENT_TURN_WITHIN = 1.0
"""Seconds that an alarm waits for the writer of our own that is just committing."""
READERS = 12
URGENT_READERS = 2
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


class Database:
    """Sessions on one database. ``url`` is that of an SQLite file, as ``sqlite_url`` writes it.

    ``reserve`` is the file for what must be on disk although the database takes nothing (``owed``); by default it is
    beside the SQLite file.

    Raises StorageError for whatever the database cannot do; IntegrityError is left to the caller, who alone knows
    what a row that exists already means.
    """

    def __init__(self, url: str, reserve: Path | None = None) -> None:
        self._url = make_url(url)
        self._writer_engine = self._engine(writes=True, connections=1)
        self._alarm_engine = self._engine(writes=True, connections=1, timeout_ms=URGENT_TIMEOUT_MS)
        self._reader_engine = self._engine(writes=False, connections=READERS)
        self._urgent_reader_engine = self._engine(writes=False, connections=URGENT_READERS)
        self._engines = (self._writer_engine, self._alarm_engine, self._reader_engine, self._urgent_reader_engine)
        self._write, self._write_alarm, self._read, self._read_urgent = (
            async_sessionmaker(engine, expire_on_commit=False) for engine in self._engines
        )
        self._turns = Turns()
        self.owed = Owed(self.session, reserve or self.path.with_name("reserve.bin"))
        self._writer: asyncio.Task[Any] | None = None

    def _engine(self, *, writes: bool, connections: int, timeout_ms: int = BUSY_TIMEOUT_MS) -> AsyncEngine:
        # Parameters are hidden in errors: they hold names, hashes and keys.
        engine = create_async_engine(
            self._url,
            hide_parameters=True,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=connections,
            max_overflow=0,
        )

        def configure(connection: Any, _record: Any) -> None:
            _configure(connection, timeout_ms)

        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        event.listen(engine.sync_engine, "connect", configure)
        event.listen(engine.sync_engine, "begin", begin)
        return engine

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self._url.database or ":memory:")

    async def open(self) -> None:
        """Bring the schema to the newest version and check that a commit is durable. Raises StorageError."""
        _prepare_file(self._url.database)
        try:
            async with self._reader_engine.connect() as connection:
                await connection.run_sync(_assert_durable)
            async with self._writer_engine.begin() as connection:
                await connection.run_sync(upgrade)
        except CommandError as error:
            raise StorageError(f"the database is of another version of Sightline: {error}") from error
        except (DBAPIError, PoolTimeout) as error:
            raise _storage_error("cannot be opened", error) from error

    async def close(self) -> None:
        """Close every connection. Sessions must have ended."""
        for engine in self._engines:
            await engine.dispose()

    @asynccontextmanager
    async def session(self, urgency: Urgency = Urgency.PERMISSION) -> AsyncIterator[AsyncSession]:
        """A writing session: committed, to disk, on clean exit; rolled back on any exception.

        Raises StorageError; for an alarm also if its turn does not come within URGENT_TURN_WITHIN.
        """
        if self._writer is asyncio.current_task():
            raise RuntimeError("a writing session inside another one of the same task would wait for itself")
        alarm = urgency is Urgency.ALARM
        async with self._turn(urgency):
            try:
                async with (self._write_alarm if alarm else self._write).begin() as session:
                    yield session
            except IntegrityError:
                raise
            except (DBAPIError, PoolTimeout) as error:
                raise _storage_error("could not write", error) from error

    @asynccontextmanager
    async def reading(self, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        """A session that only reads, on one snapshot, waiting for no writer. What it changes is not kept.

        ``urgent`` is for what an alarm needs to know: it does not wait for the other readers.
        """
        try:
            async with (self._read_urgent if urgent else self._read)() as session:
                yield session
        except (DBAPIError, PoolTimeout) as error:
            raise _storage_error("could not read", error) from error

    @asynccontextmanager
    async def _turn(self, urgency: Urgency) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(URGENT_TURN_WITHIN if urgency is Urgency.ALARM else None):
                await self._turns.take(urgency)
        except TimeoutError:
            raise StorageError("the database could not write: another write takes too long") from None
        self._writer = asyncio.current_task()
        try:
            yield
        finally:
            self._writer = None
            self._turns.give()


def _storage_error(what: str, error: DBAPIError | PoolTimeout) -> StorageError:
    return StorageError(f"the database {what}: {error.orig if isinstance(error, DBAPIError) else error}")


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


def _configure(connection: Any, timeout_ms: int) -> None:
    connection.isolation_level = None  # the listener of "begin" begins transactions
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={timeout_ms}")  # first: changing the journal mode may have to wait
    for name, value in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _assert_durable(connection: Connection) -> None:
    for name, wanted in PRAGMAS.items():
        found = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        if found != wanted:
            raise StorageError(f"SQLite has {name}={found} where {wanted} is needed (is it on a network drive?)")
