from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.storage.database import Database
from tests.access.house import House, settings
from tests.databases import database_url
from tests.fakes import FakeClock


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(database_url(tmp_path))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def house(db: Database) -> House:
    return await House(db, FakeClock(), settings()).start()
