from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.storage.database import Database, sqlite_url
from tests.access.house import House, settings
from tests.fakes import FakeClock


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(tmp_path / "sightline.db"))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def house(db: Database) -> House:
    return await House(db, FakeClock(), settings()).start()
