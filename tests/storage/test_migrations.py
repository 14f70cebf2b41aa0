import importlib
import io
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, create_engine, text

import gateway.storage.migrations.versions as versions
from gateway.errors import StorageError
from gateway.storage.database import Database, sqlite_url
from gateway.storage.migrate import upgrade
from gateway.storage.tables import Base


async def test_migrations_and_tables_agree(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'sightline.db'}")

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))

    with engine.begin() as connection:
        assert differences(connection)
        upgrade(connection)
        assert differences(connection) == []
    engine.dispose()


async def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        database = Database(sqlite_url(tmp_path / "sightline.db"))
        await database.open()
        await database.close()


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "sightline.db"))
    await database.open()
    async with database.session() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
    with pytest.raises(StorageError, match="another version"):
        await database.open()
    await database.close()


def test_migrations_are_sql_that_postgresql_takes() -> None:
    """Rendered for PostgreSQL without a server: the statements that it would get hold its types and its index."""
    sql = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": sql})
    modules = sorted(path.stem for path in Path(versions.__path__[0]).glob("v*.py"))
    with Operations.context(context):
        for module in modules:
            importlib.import_module(f"{versions.__name__}.{module}").upgrade()
    text = sql.getvalue()
    assert "DOUBLE PRECISION" in text
    assert "BIGSERIAL" in text
    assert "WHERE state = 'open'" in text
