from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.configuration.settings import TokenSettings
from gateway.storage.database import Database
from tests.databases import database_url
from tests.fakes import FakeClock


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(database_url(tmp_path))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def settings() -> TokenSettings:
    return TokenSettings()


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[str], bool]:
    """Return True if any of the database's files contains the text."""
    return lambda text: any(text.encode() in file.read_bytes() for file in tmp_path.glob("sightline.db*"))
