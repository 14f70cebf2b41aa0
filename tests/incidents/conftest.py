from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.incidents.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.start()
    yield house
    await house.stop()
