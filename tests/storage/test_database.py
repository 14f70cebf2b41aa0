import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from gateway.errors import StorageError
from gateway.storage.database import Database, sqlite_url
from gateway.storage.tables import RevocationRow, WebhookDeliveryRow


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(tmp_path / "data" / "sightline.db"))
    await database.open()
    yield database
    await database.close()


def revocation(subject_id: str) -> RevocationRow:
    return RevocationRow(subject="token", subject_id=subject_id, revoked_at=1.0)


async def count(database: Database) -> int:
    async with database.reading() as session:
        return (await session.scalars(select(func.count()).select_from(RevocationRow))).one()


async def test_every_connection_is_durable_and_checks_references(database: Database) -> None:
    async with database.reading() as first, database.reading() as second:
        for session in (first, second):
            pragmas = [
                (await session.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
            assert pragmas == ["wal", 2, 1, 5000]


async def test_a_clean_exit_is_on_disk_for_the_next_process(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "sightline.db")
    one, other = Database(url), Database(url)
    await one.open()
    async with one.session() as session:
        session.add(revocation("a"))
    await other.open()
    assert await count(other) == 1
    await other.close()
    await one.close()


async def test_an_exception_rolls_back(database: Database) -> None:
    async def fail() -> None:
        async with database.session() as session:
            session.add(revocation("a"))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await count(database) == 0


async def test_a_cancelled_writer_does_not_block_others(database: Database) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with database.session() as session:
            session.add(revocation("a"))
            await session.flush()
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.session() as session:
        session.add(revocation("b"))
    assert await count(database) == 1


async def test_many_writers_that_read_first_all_succeed(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.session() as session:
            await session.scalars(select(func.count()).select_from(RevocationRow))
            session.add(revocation(str(number)))

    await asyncio.gather(*(write(number) for number in range(40)))
    assert await count(database) == 40


async def test_writers_on_two_handles_wait_for_each_other(database: Database, tmp_path: Path) -> None:
    other = Database(sqlite_url(tmp_path / "data" / "sightline.db"))
    await other.open()

    async def write(handle: Database, number: int) -> None:
        async with handle.session() as session:
            await session.scalars(select(func.count()).select_from(RevocationRow))
            session.add(revocation(str(number)))

    await asyncio.gather(*(write(handle, 2 * n + i) for n in range(8) for i, handle in enumerate((database, other))))
    assert await count(database) == 16
    await other.close()


async def test_a_reader_neither_waits_for_a_writer_nor_sees_its_changes(database: Database) -> None:
    async with database.session() as session:
        session.add(revocation("a"))
        await session.flush()
        assert await count(database) == 0
    assert await count(database) == 1


async def test_a_nested_writing_session_is_an_error_rather_than_a_deadlock(database: Database) -> None:
    async with database.session():
        with pytest.raises(RuntimeError, match="would wait for itself"):
            async with database.session():
                pass


async def test_a_row_that_already_exists_is_reported_to_the_caller(database: Database) -> None:
    async with database.session() as session:
        session.add(revocation("a"))
    with pytest.raises(IntegrityError):
        async with database.session() as session:
            session.add(revocation("a"))


async def test_references_are_enforced(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.session() as session:
            session.add(
                WebhookDeliveryRow(
                    webhook_id="w",
                    message_id="m",
                    body_sha256=b"",
                    received_at=1.0,
                    status=200,
                    answer={},
                    incident_id="no such incident",
                )
            )


async def test_a_failure_of_the_database_is_a_storage_error_without_values(database: Database) -> None:
    with pytest.raises(StorageError) as caught:
        async with database.session() as session:
            await session.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(caught.value.__cause__)
    with pytest.raises(StorageError):
        async with database.reading() as session:
            await session.execute(text("SELECT * FROM nowhere"))


async def test_the_files_can_be_read_only_by_their_owner(database: Database, tmp_path: Path) -> None:
    async with database.session() as session:
        session.add(revocation("a"))
    files = list((tmp_path / "data").iterdir())
    assert {"sightline.db", "sightline.db-wal"} <= {file.name for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(StorageError, match="name a file"):
        await Database("sqlite+aiosqlite://").open()


async def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sightline.db"
    path.write_bytes(b"not a database, but long enough to have a header" * 100)
    database = Database(sqlite_url(path))
    with pytest.raises(StorageError, match="cannot be opened"):
        await database.open()
    await database.close()


async def test_a_directory_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be created"):
        await Database(sqlite_url(tmp_path / "file" / "sightline.db")).open()
