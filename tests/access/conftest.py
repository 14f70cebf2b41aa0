import pytest

from gateway.storage.database import Database
from tests.access.house import House, settings
from tests.databases import db as db
from tests.fakes import FakeClock


@pytest.fixture
async def house(db: Database) -> House:
    return await House(db, FakeClock(), settings()).start()
