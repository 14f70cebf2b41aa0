"""The gateway's clock is set during a lockdown: pages say so and follow it, and nobody loses anything."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from gateway.clock import SystemClock
from gateway.server import Gateway
from rig.district import District
from rig.glass import Glass
from rig.processes import until
from tests.e2e.marks import E2E
from tests.e2e.test_accessibility import accessible

pytestmark = E2E

HOUR = 3600


class SetClock(SystemClock):
    """The machine's clock, which a test can set."""

    set_by = 0.0

    def wall(self) -> float:
        return super().wall() + self.set_by


@pytest.fixture(scope="module")
def clock() -> SetClock:
    return SetClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path, clock: SetClock) -> AsyncIterator[District]:
    """A district without cameras. Its gateway runs in this process, where a test can set its clock."""
    district = District(directory)
    stop, ready = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(Gateway(district.loaded(), clock).serve(stop, lambda _url: ready.set()))
        await ready.wait()
        yield district
        await district.stop()
        stop.set()


def of_day(text: str) -> int:
    """Return the seconds since midnight of a time such as ``14:03:21``."""
    hours, minutes, seconds = map(int, text.split(":"))
    return (hours * 60 + minutes) * 60 + seconds


async def test_setting_the_clock_13_hours_forward_in_a_lockdown_is_shown_and_harms_nobody(
    browser: Browser, district: District, clock: SetClock
) -> None:
    coordinator = await district.client("coordinator")
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real", "room": "lincoln-room-204"})
    pages = {who: await Glass.sign_in(browser, district, who, 1280, 800) for who in ("dispatcher", "patrol")}
    for glass in pages.values():
        await expect(glass.page.get_by_test_id("alarm-banner")).to_contain_text("Access ends in 3 h 59 min")
    shown = pages["dispatcher"].page.locator("sl-header .number.muted").first
    pressed = pages["dispatcher"].page.locator("sl-triggers .number").first
    before = of_day(await shown.inner_text())

    clock.set_by = 13 * HOUR

    line = pages["dispatcher"].page.get_by_test_id("clock-step")
    await expect(line).to_contain_text("The gateway\u2019s clock was set forward by 13 h 00 min at ")

    async def moved() -> bool:
        """Return True if the times in header, line and alarm follow the clock as it is set."""
        said = (await line.inner_text()).partition(" at ")[2][:8]
        times = [of_day(text) for text in (await shown.inner_text(), said, await pressed.inner_text())]
        return all(abs((time - before) % (24 * HOUR) - 13 * HOUR) < 60 for time in times)

    await until(moved, 5, "times of day by the clock as it is set")
    await accessible(pages["dispatcher"].page, "a step of the clock")
    for glass in pages.values():
        await expect(glass.page.get_by_test_id("alarm-banner")).to_contain_text("Access ends in 3 h 5")
        await expect(glass.page.get_by_test_id("sign-in")).to_have_count(0)
        assert glass.errors == []
    await expect(pages["patrol"].page.get_by_test_id("clock-step")).to_have_count(0)
    await pages["dispatcher"].page.get_by_role("button", name="Understood").click()
    await expect(line).to_have_count(0)
    for glass in pages.values():
        await glass.close()
