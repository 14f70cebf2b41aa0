"""Shared by tests of police pages: a browser without autoplay, a district, its schools, and signed-in pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, expect

from rig.chromium import CHROMIUM, chromium
from rig.district import Client, District, served
from rig.glass import Glass
from tests.e2e.alarms.ear import EAR

LIBRARY, ROOM_107, KINDERGARTEN = "lincoln-room-204", "lincoln-room-107", "oak-room-3"
CONFIRM_WITHIN = 12.0
"""Seconds after which an alarm that nobody has acknowledged grows louder."""

SCHOOLS = {"lincoln": "coordinator", "oak": "coordinator_oak"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start Chromium with its usual rule: it mutes a page until somebody presses something."""
    flags = [flag for flag in CHROMIUM if "autoplay" not in flag]
    flags.append("--autoplay-policy=document-user-activation-required")
    async with chromium(flags) as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    async with served(directory, {"incidents.confirm_within": CONFIRM_WITHIN}) as district:
        yield district


class Schools:
    """The coordinators of both schools."""

    def __init__(self, clients: dict[str, Client]) -> None:
        self._clients = clients

    async def press(self, room: str, kind: str = "real", **more: object) -> str:
        """Trigger an alarm in a room. Returns the incident's id."""
        site = room.partition("-")[0]
        status, incident = await self._clients[site].post(
            "/api/incidents", {"site": site, "kind": kind, "room": room} | more
        )
        assert status in (200, 201), incident
        return str(incident["id"])

    async def end(self, site: str, incident: str) -> None:
        status, answer = await self._clients[site].post(f"/api/incidents/{incident}/all-clear")
        assert status == 200, answer

    async def all_clear(self) -> None:
        for site, client in self._clients.items():
            for kind in ("real", "drill", "test"):
                status, incident = await client.post("/api/incidents", {"site": site, "kind": kind})
                if status < 400:
                    await client.post(f"/api/incidents/{incident['id']}/all-clear")


@pytest_asyncio.fixture(loop_scope="module")
async def schools(district: District) -> AsyncIterator[Schools]:
    """The coordinators of both schools. Afterwards, end every open incident."""
    schools = Schools({site: await district.client(who) for site, who in SCHOOLS.items()})
    yield schools
    await schools.all_clear()


async def page_of(
    browser: Browser, district: District, who: str, width: int = 1600, height: int = 900, script: str = EAR
) -> Glass:
    """Open a signed-in page that a test can hear, and wait until it is connected."""
    glass = await Glass.sign_in(browser, district, who, width, height, script)
    await expect(glass.page.get_by_test_id("connection")).not_to_contain_text("No connection")
    return glass
