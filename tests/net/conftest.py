"""A district whose viewers reach its media port through a link that a test can make bad."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from rig.district import District, running
from rig.processes import free_port
from tests.e2e.conftest import browser, directory
from tests.net.link import Link
from tests.net.model import Conditions

__all__ = ["browser", "directory", "district", "link"]

CAMERA = "lincoln-lobby"
SEED = 20261123


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def link() -> AsyncIterator[Link]:
    async with Link(("127.0.0.1", free_port()), SEED) as link:
        yield link


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path, link: Link) -> AsyncIterator[District]:
    """Start a district with a real incident and one camera that is drawn live."""
    district = District(
        directory,
        settings={"media.advertise": [f"127.0.0.1:{link.port}"]},
        media_port=link.gateway[1],
        live=frozenset({CAMERA}),
    )
    async with running(district):
        await district.lock_down()
        yield district


@pytest_asyncio.fixture(loop_scope="module")
async def good_again(link: Link) -> AsyncIterator[None]:
    """Make the link good again after each test."""
    yield
    link.down.conditions = link.up.conditions = Conditions()
    link.udp_blocked = False
