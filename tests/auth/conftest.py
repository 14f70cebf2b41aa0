from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.configuration.settings import TokenSettings
from gateway.storage.database import Database
from tests.databases import opened
from tests.fakes import FakeClock


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path) as database:
        yield database


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
