"""Pages that load without network or gateway: none looks live, and each says what to do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from rig.district import District, served
from rig.glass import Glass
from tests.e2e.marks import E2E
from tests.e2e.school.school import ROOM, Presses, hold
from tests.e2e.test_accessibility import accessible

pytestmark = E2E

KEPT = """
async () => {
  await navigator.serviceWorker.ready;
  const cache = await caches.open("sightline-shell-1");
  return (await cache.keys()).map((request) => new URL(request.url).pathname).sort();
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    async with served(directory, cameras=False) as district:
        yield district


@pytest_asyncio.fixture(loop_scope="module")
async def school(browser: Browser, district: District) -> AsyncIterator[Glass]:
    """The coordinator's phone, which has already stored the page."""
    glass = await Glass.sign_in(browser, district, "coordinator", 390, 844)
    await expect(glass.page.get_by_test_id("room").locator("option")).not_to_have_count(1)
    await glass.page.evaluate(KEPT)
    yield glass
    assert glass.errors == []
    await glass.close()
    client = await district.client("coordinator")
    _, joined = await client.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    await client.post(f"/api/incidents/{joined['id']}/all-clear")


async def test_a_schools_page_reloaded_without_a_network_keeps_trying_and_sends_once(school: Glass) -> None:
    page, presses = school.page, Presses(school.page)
    await page.get_by_test_id("room").select_option(ROOM)
    await school.context.set_offline(True)
    await hold(page)
    pending = page.get_by_test_id("pending")
    await expect(pending).to_contain_text("NOT SENT YET")
    await page.reload()
    await expect(pending).to_contain_text("NOT SENT YET")
    await expect(pending).to_contain_text("This page keeps trying")
    await expect(pending).to_contain_text("204")
    await expect(page.get_by_test_id("call-911")).to_have_count(1)
    await expect(page.get_by_test_id("offline")).to_contain_text("Nothing here is live.")
    before = await pending.inner_text()
    await expect(pending).not_to_have_text(before, timeout=10_000)
    await accessible(page, "reloaded without a network")

    await school.context.set_offline(False)
    await expect(page.get_by_test_id("alarm-banner")).to_contain_text("204", timeout=10_000)
    await expect(pending).to_have_count(0)
    assert len(presses.keys) == 1
    rows = page.get_by_test_id("triggers").get_by_role("listitem")
    await expect(rows).to_have_count(1)


async def test_a_schools_page_opened_without_a_network_says_what_to_do(school: Glass) -> None:
    await school.context.set_offline(True)
    page = await school.context.new_page()
    await page.goto(school.district.url)
    said = page.get_by_test_id("offline")
    await expect(said).to_contain_text("NO CONNECTION")
    await expect(said).to_contain_text("This page keeps trying by itself.")
    await expect(said.get_by_test_id("call-911")).to_be_visible()
    await accessible(page, "opened without a network")
    await school.context.set_offline(False)
    await expect(page.get_by_test_id("hold-to-trigger")).to_be_visible(timeout=5000)
    await page.close()


@pytest.mark.parametrize("who", ["dispatcher", "patrol"])
async def test_a_police_page_reloaded_without_a_network_says_that_nothing_is_live(
    browser: Browser, district: District, who: str
) -> None:
    glass = await Glass.sign_in(browser, district, who, 1280, 800)
    page = glass.page
    await page.get_by_test_id("connection").get_by_text("Connected").wait_for()
    kept = await page.evaluate(KEPT)
    assert kept[0] == "/"
    assert all(path.startswith("/assets/") for path in kept[1:])
    await glass.context.set_offline(True)
    await page.reload()
    said = page.get_by_test_id("offline")
    await expect(said).to_contain_text("Nothing here is live.")
    await expect(said).to_contain_text("gets no alarms")
    await expect(said).to_contain_text("radio")
    await expect(said.get_by_test_id("call-911")).to_have_count(0)
    await expect(page.locator("sl-tile, sl-alarm, sl-plan")).to_have_count(0)
    await glass.context.set_offline(False)
    await expect(page.get_by_test_id("connection")).to_contain_text("Connected", timeout=10_000)
    assert await page.evaluate(KEPT) == kept
    await glass.close()


async def test_a_new_release_is_shown_at_the_next_load_though_an_old_one_is_kept(school: Glass) -> None:
    page = school.page
    await page.evaluate(
        """async () => {
          const cache = await caches.open("sightline-shell-1");
          const old = '<html lang="en"><title>old</title><sl-app></sl-app><script src="/assets/old.js"></script>';
          await cache.put("/assets/old.js", new Response("throw new Error('old')"));
          await cache.put("/assets/older.js", new Response(""));
          await cache.put("/", new Response(old, { headers: { "Content-Type": "text/html" } }));
          await caches.open("sightline-shell-0");
        }"""
    )
    await page.reload()
    await expect(page.get_by_test_id("hold-to-trigger")).to_be_visible()
    # The parts of the previous release stay for a page that is still loading with it. Older ones are removed.
    await page.wait_for_function(
        """async () => {
          const cache = await caches.open("sightline-shell-1");
          const names = (await cache.keys()).map((request) => new URL(request.url).pathname);
          return names.includes("/assets/old.js") && !names.includes("/assets/older.js");
        }"""
    )


async def test_the_page_not_the_browser_says_that_the_gateway_is_gone(school: Glass, district: District) -> None:
    page = school.page
    district.processes[-1].kill()
    try:
        await page.reload()
        await expect(page.get_by_test_id("offline")).to_contain_text("NO CONNECTION")
    finally:
        district.start_gateway()
    await expect(page.get_by_test_id("hold-to-trigger")).to_be_visible(timeout=15_000)


async def test_the_service_worker_passes_on_requests_that_are_not_for_the_page(school: Glass) -> None:
    """The test can see the page's own requests only if the worker has answered none of them."""
    page = school.page
    await page.reload()
    await expect(page.get_by_test_id("hold-to-trigger")).to_be_visible()
    assert await page.evaluate("navigator.serviceWorker.controller !== null")
    assert await served_by_worker(page, "/api/me") is False
    assert await served_by_worker(page, "/readyz") is False


async def served_by_worker(page: Page, path: str) -> bool:
    """Fetch an address from the page. Return True if the service worker answered."""
    async with page.expect_response(f"**{path}") as response:
        await page.evaluate("path => fetch(path).then((answer) => answer.text())", path)
    return (await response.value).from_service_worker
