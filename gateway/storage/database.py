"""Opens the database, which is one SQLite file. No other module opens it.

SQLite has one writer at a time. Writers queue here without polling, the most urgent first (``turns``). Each begins with
BEGIN IMMEDIATE, so that no transaction reads first and then finds that it cannot write ("database is locked").
``busy_timeout`` makes them wait for other processes, such as the command line. Readers need not wait, as they work on
snapshots.

Alarms have connections of their own for writing and reading, which nobody else can occupy. They never wait long for
their turn or for another process. If an alarm cannot write within about a second, it fails and uses the reserve file.
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
"""Milliseconds that an alarm waits for another process that is writing to the same file."""
URGENT_TURN_WITHIN = 1.0
"""Seconds that an alarm waits for another writer in this process to commit."""
READERS = 12
URGENT_READERS = 2
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


class Database:
    """Opens database sessions. ``url`` must be the URL of an SQLite file, as ``sqlite_url`` writes it.

    ``reserve`` is the file for changes that must be on disk even if the database accepts no writes (``owed``). By
    default it is beside the SQLite file.

    Its methods raise StorageError for anything that the database cannot do. They pass on IntegrityError, since only the
    caller knows what it means that a row already exists.
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
        # Errors do not show parameters, since these contain names, hashes and keys.
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
        """Return the path of the SQLite file."""
        return Path(self._url.database or ":memory:")

    async def open(self) -> None:
        """Bring the schema to the newest version, and check that commits are durable. Raises StorageError."""
        _prepare_file(self._url.database)
        try:
            async with self._reader_engine.connect() as connection:
                await connection.run_sync(_assert_durable)
            async with self._writer_engine.begin() as connection:
                await connection.run_sync(upgrade)
        except CommandError as error:
            raise StorageError(f"the database belongs to another version of Sightline: {error}") from error
        except (DBAPIError, PoolTimeout) as error:
            raise _storage_error("cannot be opened", error) from error

    async def close(self) -> None:
        """Close every connection. All database sessions must have ended."""
        for engine in self._engines:
            await engine.dispose()

    @asynccontextmanager
    async def session(self, urgency: Urgency = Urgency.PERMISSION) -> AsyncIterator[AsyncSession]:
        """Open a database session that writes. It is committed to disk on exit, or rolled back on any exception.

        Raises StorageError. For an alarm it is also raised if its turn does not come within URGENT_TURN_WITHIN.
        """
        if self._writer is asyncio.current_task():
            raise RuntimeError("this task already has a database session that writes, and would wait for itself")
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
        """Open a database session that only reads, on one snapshot. It waits for no writer, and saves no changes.

        ``urgent`` is for reading what an alarm needs to know. It does not wait for other readers.
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
            raise StorageError("the database could not write: another write is taking too long") from None
        self._writer = asyncio.current_task()
        try:
            yield
        finally:
            self._writer = None
            self._turns.give()


def _storage_error(what: str, error: DBAPIError | PoolTimeout) -> StorageError:
    return StorageError(f"the database {what}: {error.orig if isinstance(error, DBAPIError) else error}")


def _prepare_file(name: str | None) -> None:
    """Create the file. Only our own account may read it, as it contains the signing keys.

    SQLite's WAL gets the same mode.
    """
    if not name or name == ":memory:":
        raise StorageError("a database in memory would lose open incidents at a restart: name a file")
    path = Path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise StorageError(f"the database file cannot be created: {error}") from error


def _configure(connection: Any, timeout_ms: int) -> None:
    connection.isolation_level = None  # The listener for "begin" begins transactions.
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={timeout_ms}")  # This comes first, as changing the journal mode may wait.
    for name, value in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
    cursor.close()


def _assert_durable(connection: Connection) -> None:
    for name, wanted in PRAGMAS.items():
        found = connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        if found != wanted:
            raise StorageError(f"SQLite has {name}={found} but {wanted} is needed (is it on a network drive?)")
