"""A media process is killed with SIGKILL while a page watches."""

import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from rig.district import District, running
from rig.glass import Glass
from rig.processes import descendants
from tests.e2e.marks import E2E

pytestmark = E2E


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    settings: dict[str, object] = {"media.workers": 2, "media.port": 0}
    district = District(directory, settings=settings, live=frozenset({"lincoln-lobby"}))
    async with running(district):
        yield district


async def test_the_page_recovers_by_itself_when_its_media_process_dies(browser: Browser, district: District) -> None:
    coordinator = await district.client("coordinator")
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    glass = await Glass.sign_in(browser, district, "dispatcher")
    tile = glass.tile("lincoln-lobby")
    await tile.open()
    await tile.says("live", 8)

    gateway = district.processes[-1].process.pid
    killed = time.monotonic()
    for pid in descendants(gateway) - {gateway}:
        os.kill(pid, signal.SIGKILL)
    await tile.says("not_live", 3 + 1.5)
    await tile.says("live", 15)
    print(f"killed to LIVE again: {time.monotonic() - killed:.1f} s")
    assert glass.errors == []
    await glass.close()
