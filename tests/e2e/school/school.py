"""Shared by tests of the school's page: a coordinator's phone that must make no sound, and its requests."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, Request, Route, expect

from rig.district import Client, District, served
from rig.glass import Glass

ROOM = "lincoln-room-204"
HELD = 2300
"""Milliseconds: longer than the hold that triggers."""

CONFIRM_WITHIN = 3.0

COUNT_SOUNDS = """
window.sounds = 0;
for (const name of ["AudioContext", "webkitAudioContext", "Audio"]) {
  const made = window[name];
  const construct = (...all) => { window.sounds += 1; return Reflect.construct(...all); };
  if (made) window[name] = new Proxy(made, { construct });
}
navigator.vibrate = () => { window.sounds += 1; return true; };
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    async with served(directory, {"incidents.confirm_within": CONFIRM_WITHIN}, cameras=False) as district:
        yield district


@pytest_asyncio.fixture(loop_scope="module")
async def dispatcher(district: District) -> AsyncIterator[Client]:
    """A dispatcher's client. Afterwards, end any open incident."""
    client = await district.client("dispatcher")
    yield client
    school = await district.client("coordinator")
    _, joined = await school.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    await school.post(f"/api/incidents/{joined['id']}/all-clear")


@pytest_asyncio.fixture(loop_scope="module")
async def school(browser: Browser, district: District, dispatcher: Client) -> AsyncIterator[Glass]:
    """The coordinator's phone."""
    glass = await Glass.sign_in(browser, district, "coordinator", 390, 844, COUNT_SOUNDS)
    await expect(glass.page.get_by_test_id("room").locator("option")).not_to_have_count(1)
    yield glass
    assert glass.errors == []
    assert await glass.page.evaluate("window.sounds") == 0, "the school's page may be a hiding place: it makes no sound"
    await glass.close()


class Presses:
    """Records what the page sends to ``POST /api/incidents``."""

    def __init__(self, page: Page) -> None:
        self.bodies: list[dict[str, Any]] = []
        page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/incidents"):
            self.bodies.append(json.loads(request.post_data or "{}"))

    @property
    def keys(self) -> set[str]:
        return {body["key"] for body in self.bodies}


async def hold(page: Page) -> None:
    await page.get_by_test_id("hold-to-trigger").click(delay=HELD)


async def incident_of(page: Page) -> str:
    """Return the open incident's id, as the page knows it."""
    alarm = page.locator("sl-alarm")
    await expect(alarm).to_have_count(1)
    return str(await alarm.evaluate("e => e.incident.id"))


async def triggers(page: Page, dispatcher: Client) -> list[dict[str, Any]]:
    """Return all triggers of the open incident from the gateway, newest first."""
    status, incident = await dispatcher.post(f"/api/incidents/{await incident_of(page)}/acknowledge")
    assert status == 200
    return list(incident["triggers"])


async def unreachable(page: Page) -> Callable[[], Awaitable[None]]:
    """Cut the page off from the gateway's API, but not from its files. Return a function that reconnects it."""

    async def cut(route: Route) -> None:
        await route.abort("internetdisconnected")

    await page.route("**/api/**", cut)
    return lambda: page.unroute("**/api/**", cut)
