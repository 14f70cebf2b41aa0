"""Tests what each role does on its page, with the pointer and with only the keyboard."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from rig.district import Client, District
from rig.glass import Glass
from rig.processes import until
from tests.e2e.marks import E2E

pytestmark = E2E

ROOM = "lincoln-room-204"
HELD = 2300
"""Milliseconds: longer than the hold that triggers."""

FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const label = element.closest("label");
  const around = label ? getComputedStyle(label) : null;
  const shows = (style) => style !== null && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  return {
    name: element.dataset.testid || element.getAttribute("aria-label") || element.innerText || element.tagName,
    visible: shows({ outlineStyle, outlineWidth }) || shows(around),
    body: element === document.body,
  };
}"""


async def walk(page: Page, most: int = 150) -> list[str]:
    """Return the names of what Tab reaches, in order. Each element must show that it has the focus."""
    names: list[str] = []
    begun = False
    for _ in range(most):
        await page.keyboard.press("Tab")
        at = await page.evaluate(FOCUSED)
        if at["body"]:
            if begun:
                break
            begun = True
            continue
        if not begun:
            continue
        assert at["visible"], f"the focus is not visible on {at['name']!r}"
        names.append(at["name"])
    return names


async def focus_by_tab(page: Page, target: Locator) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(100):
        if await target.evaluate("e => e.getRootNode().activeElement === e"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {target}")


@pytest_asyncio.fixture(loop_scope="module")
async def coordinator(district: District) -> AsyncIterator[Client]:
    """A coordinator's client. Afterwards, end any open incident."""
    client = await district.client("coordinator")
    yield client
    _, joined = await client.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    await client.post(f"/api/incidents/{joined['id']}/all-clear")


async def test_a_coordinator_triggers_and_sees_who_has_received_it(
    browser: Browser, district: District, coordinator: Client
) -> None:
    police = await Glass.sign_in(browser, district, "dispatcher")
    school = await Glass.sign_in(browser, district, "coordinator", 390, 844)
    hold = school.page.get_by_test_id("hold-to-trigger")
    await school.page.get_by_test_id("room").select_option(ROOM)

    await hold.click()
    await expect(school.page.get_by_text("Not sent. Keep holding")).to_be_visible()
    await expect(school.page.get_by_test_id("alarm-banner")).to_have_count(0)

    await hold.click(delay=HELD)
    for page in (school.page, police.page):
        await expect(page.get_by_test_id("alarm-banner")).to_have_attribute("data-kind", "real")
        await expect(page.get_by_test_id("alarm-banner")).to_contain_text("204")
    confirmation = school.page.get_by_test_id("confirmation")
    await expect(confirmation).to_contain_text("Police have not confirmed")
    await expect(school.page.get_by_test_id("acknowledge")).to_have_count(0)

    await police.page.get_by_test_id("acknowledge").click()
    await expect(police.page.get_by_test_id("alarm-banner")).to_contain_text("Acknowledged by Dispatcher 1")
    await expect(confirmation).to_contain_text("Dispatcher 1")
    await expect(confirmation).to_contain_text("Police have confirmed.")
    await expect(school.page.get_by_test_id("watchers")).to_contain_text("Dispatcher 1", timeout=10_000)

    await police.tile("lincoln-upper-east").says("live", 15)
    await police.page.get_by_test_id("sign-out").click()
    await police.page.get_by_test_id("sign-out-confirm").click()
    await expect(police.page.get_by_test_id("sign-in")).to_be_visible()
    await expect(police.page.locator("video")).to_have_count(0)
    await expect(school.page.get_by_test_id("watchers")).to_contain_text("Nobody is watching", timeout=10_000)

    await school.page.get_by_test_id("all-clear").click()
    await school.page.get_by_test_id("all-clear-confirm").click()
    await expect(school.page.get_by_test_id("alarm-banner")).to_have_count(0)
    await expect(hold).to_be_visible()
    assert police.errors == [] == school.errors
    await police.close()
    await school.close()


async def test_a_drill_is_triggered_with_the_keyboard_for_the_chosen_people(
    browser: Browser, district: District, coordinator: Client
) -> None:
    dispatcher = await district.client("dispatcher")
    glass = await Glass.sign_in(browser, district, "coordinator", 390, 844)
    page = glass.page
    await focus_by_tab(page, page.get_by_label("REAL"))
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_label("DRILL")).to_be_checked()
    await expect(page.get_by_test_id("enrol-dispatcher-1")).to_be_visible()
    names = await walk(page)
    assert [name for name in names if name in ("room", "enrol-dispatcher-1", "hold-to-trigger")] == [
        "room",
        "enrol-dispatcher-1",
        "hold-to-trigger",
    ]
    await focus_by_tab(page, page.get_by_test_id("enrol-dispatcher-1"))
    await page.keyboard.press("Space")
    await focus_by_tab(page, page.get_by_test_id("hold-to-trigger"))
    await page.keyboard.press("Space", delay=HELD)
    await expect(page.get_by_test_id("alarm-banner")).to_have_attribute("data-kind", "drill")
    status, token = await dispatcher.post("/api/tokens", {"site": "lincoln"})
    assert status == 200
    assert "lincoln-lobby" in token["grant"]["cameras"], "the chosen people see the cameras of the drill"
    await glass.close()


async def test_an_officer_steps_through_the_cameras_with_keys_and_buttons(
    browser: Browser, district: District, coordinator: Client
) -> None:
    glass = await Glass.sign_in(browser, district, "patrol", 1280, 800)
    page = glass.page
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real", "room": ROOM})
    tile = page.locator("sl-tile")
    await expect(tile).to_have_attribute("data-testid", "tile-lincoln-upper-east")
    await expect(tile).to_have_attribute("data-stream", "sub")
    await expect(tile).to_contain_text("SMALLER PICTURE")

    async def shows(camera: str) -> None:
        await expect(tile).to_have_attribute("data-testid", f"tile-{camera}")

    await page.keyboard.press("ArrowRight")
    await shows("lincoln-upper-west")
    await page.keyboard.press("P")
    await shows("lincoln-upper-east")
    await page.get_by_test_id("next").click()
    await shows("lincoln-upper-west")
    await page.get_by_test_id("previous").click()
    await shows("lincoln-upper-east")
    await page.keyboard.press("2")
    await shows("lincoln-upper-west")
    await glass.tile("lincoln-upper-west").says("live", 15)
    names = await walk(page)
    assert names.index("acknowledge") < names.index("previous") < names.index("next")

    await page.get_by_test_id("letter-keys").click()
    await page.reload()
    await expect(page.get_by_test_id("letter-keys")).to_have_attribute("aria-pressed", "false")
    await shows("lincoln-upper-east")
    for key in ("n", "2"):
        await page.keyboard.press(key)
    await shows("lincoln-upper-east")
    await page.keyboard.press("ArrowRight")
    await shows("lincoln-upper-west")
    await page.get_by_test_id("letter-keys").click()
    await page.keyboard.press("p")
    await shows("lincoln-upper-east")
    assert glass.errors == []
    await glass.close()


async def test_a_tile_whose_incident_has_ended_says_why_it_cannot_open_and_can_be_closed(
    browser: Browser, district: District, coordinator: Client
) -> None:
    glass = await Glass.sign_in(browser, district, "patrol", 1280, 800)
    tile = glass.page.locator("sl-tile")
    _, opened = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real", "room": ROOM})
    await glass.tile("lincoln-upper-east").says("live", 15)
    await coordinator.post(f"/api/incidents/{opened['id']}/all-clear")
    await expect(tile).to_contain_text("ACCESS ENDED")
    await expect(tile).to_contain_text("The incident has ended")
    await tile.get_by_role("button", name="Try again").click()
    await expect(tile).to_contain_text("No incident at this school.")
    await expect(tile).to_contain_text("NO ACCESS")
    await tile.get_by_role("button", name="Close").click()
    await expect(tile).to_have_count(0)
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real", "room": ROOM})
    await glass.tile("lincoln-upper-east").says("live", 15)
    assert glass.errors == []
    await glass.close()


async def test_district_it_sees_the_silent_camera_first_and_police_may_still_open_it(
    browser: Browser, district: District, coordinator: Client
) -> None:
    await district.fault("lincoln-lobby", silent=True)
    glass = await Glass.sign_in(browser, district, "district_it", 1280, 800)
    first = glass.page.locator("tbody tr").first
    await expect(first).to_have_attribute("data-testid", "camera-row-lincoln-lobby", timeout=15_000)
    await expect(first).to_contain_text("sends no pictures")
    await expect(first).to_contain_text("restart it")
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real", "room": ROOM})
    police = await Glass.sign_in(browser, district, "dispatcher")
    tile = police.tile("lincoln-lobby")
    await tile.open()
    await tile.says_words("Camera has stopped sending.", 10)
    assert await tile.state() == "not_live"
    await district.fault("lincoln-lobby")
    await tile.says("live", 20)

    async def well() -> bool:
        return await glass.page.get_by_test_id("camera-row-lincoln-lobby").get_attribute("data-state") == "up"

    await until(well, 10, "the table to say that the camera is up")
    names = await walk(police.page)
    for wanted in ("acknowledge", "all-clear", "open-lincoln-lobby", "plan-camera-lincoln-upper-east"):
        assert wanted in names, f"Tab does not reach {wanted}"
    await police.close()
    await glass.close()


async def test_an_auditor_reads_who_saw_what(browser: Browser, district: District) -> None:
    glass = await Glass.sign_in(browser, district, "auditor", 1280, 800)
    row = glass.page.locator("tr", has_text="view opened").first
    await expect(row).to_contain_text("lincoln-")
    await expect(row).to_contain_text("Dispatcher 1")
    await expect(glass.page.locator("tr", has_text="grant given").first).to_contain_text("FERPA")
    await glass.close()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1024, 768)])
async def test_a_patrol_page_on_a_touch_screen_shows_no_keys(
    browser: Browser, district: District, width: int, height: int
) -> None:
    touched = await Glass.sign_in(browser, district, "patrol", width, height, has_touch=True, is_mobile=True)
    await expect(touched.page.get_by_test_id("next")).to_be_visible()
    await expect(touched.page.get_by_test_id("letter-keys")).to_be_hidden()
    await touched.close()
    pointed = await Glass.sign_in(browser, district, "patrol", width, height)
    await expect(pointed.page.get_by_test_id("letter-keys")).to_be_visible()
    await pointed.close()
