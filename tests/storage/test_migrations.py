from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.orm import Session

from gateway.errors import StorageError
from gateway.incident import Origin, ReceivedTrigger
from gateway.incidents.alarms import confirmed
from gateway.incidents.store import from_row
from gateway.storage.database import Database, sqlite_url
from gateway.storage.migrate import upgrade
from gateway.storage.tables import Base, IncidentRow


async def test_migrations_and_table_definitions_agree(tmp_path: Path) -> None:
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


def test_incidents_of_the_first_version_keep_their_trigger(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'sightline.db'}")
    columns = (
        'id, site_id, kind, state, "trigger", triggered_by, room_id, note, opened_at, ends_at, alarms, last_alarm_at,'
        " repeats, warnings_sent, acknowledgements, enrolled"
    )
    rows = (
        ("'a', 'oak', 'real', 'open', 'webhook', 'Office \"button\"', 'gym', 'it''s bad', 1.0, 9.0, 2, 5.5, 3, '[]',"),
        ("'b', 'oak', 'drill', 'open', 'console', 'Ben', NULL, '', 1.0, 9.0, 1, 1.0, 0, '[]',"),
    )
    acknowledged = """'[{"principal_id": "p", "name": "P", "role": "patrol", "at": 3.0}]', '[]'"""
    with engine.begin() as connection:
        upgrade(connection, "0001")
        for row in rows:
            connection.execute(text(f"INSERT INTO incidents ({columns}) VALUES ({row} {acknowledged})"))
        upgrade(connection)
    with Session(engine) as session:
        first, second = (from_row(row) for row in session.scalars(select(IncidentRow).order_by(IncidentRow.id)))
    engine.dispose()
    assert first.origin == Origin("webhook", 'Office "button"', "gym", "it's bad")
    assert first.triggers == (ReceivedTrigger(first.origin, 5.5, alarm=True),)
    assert first.threat == 'Real lockdown at oak, gym, triggered by Office "button": \u201cit\'s bad\u201d'
    assert second.triggers == (ReceivedTrigger(Origin("console", "Ben"), 1.0, alarm=True),)
    assert second.threat == "Drill, without a threat to anybody, at oak, triggered by Ben"
    assert [(one.acknowledgements[0].alarm, confirmed(one)) for one in (first, second)] == [(1, False), (1, True)]
    assert (first.unconfirmed, second.unconfirmed) == (2, 1)
