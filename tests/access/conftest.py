from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.storage.database import Database
from tests.access.house import House, settings
from tests.databases import opened
from tests.fakes import FakeClock


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path) as database:
        yield database


@pytest.fixture
async def house(db: Database) -> House:
    return await House(db, FakeClock(), settings()).start()
