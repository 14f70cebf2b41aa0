from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from rig.district import District
from rig.glass import Glass


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def glass(browser: Browser, district: District) -> AsyncIterator[Glass]:
    """The dispatcher's page in a real incident, with no open tile."""
    await district.lock_down()
    glass = await Glass.sign_in(browser, district, "dispatcher")
    yield glass
    assert glass.errors == []
    await glass.close()
