from collections.abc import AsyncIterator

import pytest

from tests.sources.bench import Bench
from tests.sources.scripted import ScriptedCamera


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.stop()


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with ScriptedCamera() as camera:
        yield camera
