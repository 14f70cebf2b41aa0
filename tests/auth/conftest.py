from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.configuration.settings import TokenSettings
from tests.databases import db as db
from tests.fakes import FakeClock


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
