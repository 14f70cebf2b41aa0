"""Checks every page, by day and by night, with axe-core's rules for WCAG 2.1 A and AA."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from rig.district import District
from rig.example import ROOT
from rig.glass import Glass
from tests.e2e.marks import E2E

pytestmark = E2E

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const rules = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] };
  const { violations, passes } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return { passes: passes.length, violations: violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map((node) => node.target.flat().join(" ") + " " + node.failureSummary).join("; ")}`) };
}"""


async def accessible(page: Page, where: str) -> None:
    """Fail on any violation in either theme. The page's own button changes the theme, if the page has one."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text())  # evaluate it, because the page's policy allows no foreign script
    toggle = page.get_by_label("Change between day and night")
    themes = 2 if await toggle.count() else 1
    for _ in range(themes):
        found: dict[str, Any] = await page.evaluate(RUN)
        theme = await page.evaluate("() => document.documentElement.dataset.theme")
        assert found["violations"] == [], f"{where}, {theme}"
        assert found["passes"] > 5, f"{where}: axe checked almost nothing"
        if themes == 2:
            await toggle.click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_sign_in_page_is_accessible(browser: Browser, district: District, scheme: Any) -> None:
    context = await browser.new_context(color_scheme=scheme)
    page = await context.new_page()
    await page.goto(district.url)
    await expect(page.get_by_test_id("sign-in")).to_be_visible()
    await accessible(page, "without an invitation")
    await page.goto(await district.invitation("patrol"))
    await expect(page.get_by_test_id("sign-in-button")).to_be_visible()
    await accessible(page, "with an invitation")
    await page.get_by_test_id("sign-in-button").click()
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await accessible(page, "first view")
    await context.close()


@pytest.mark.parametrize("who", ["dispatcher", "patrol", "coordinator"])
async def test_pages_are_accessible_before_during_and_after_an_incident(
    browser: Browser, district: District, who: str
) -> None:
    coordinator = await district.client("coordinator")
    glass = await Glass.sign_in(browser, district, who, *((390, 844) if who == "coordinator" else (1280, 800)))
    page = glass.page
    await expect(page.get_by_test_id("connection")).not_to_contain_text("No connection")
    await accessible(page, f"{who}, quiet")
    incident = {"site": "lincoln", "kind": "real", "room": "lincoln-room-204"}
    _, opened = await coordinator.post("/api/incidents", incident)
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()
    if who != "coordinator":
        await glass.tile("lincoln-upper-east").says("live", 15)
    await accessible(page, f"{who}, incident")
    if who == "dispatcher":
        await page.get_by_test_id("all-clear").click()
        await expect(page.get_by_test_id("all-clear-confirm")).to_be_visible()
        found = await page.evaluate(RUN)
        assert found["violations"] == [], "all clear's question"
    await coordinator.post(f"/api/incidents/{opened['id']}/all-clear")
    await expect(page.get_by_test_id("alarm-banner")).to_have_count(0)
    if who != "coordinator":
        await expect(page.get_by_text("ACCESS ENDED").first).to_be_visible()
    await accessible(page, f"{who}, after all clear")
    assert glass.errors == []
    await glass.close()


async def test_the_drill_form_is_accessible(browser: Browser, district: District) -> None:
    glass = await Glass.sign_in(browser, district, "coordinator", 390, 844)
    await glass.page.get_by_label("DRILL").check()
    await expect(glass.page.get_by_test_id("enrol-dispatcher-1")).to_be_visible()
    await accessible(glass.page, "drill")
    await glass.close()


async def test_the_camera_list_and_the_record_are_accessible(browser: Browser, district: District) -> None:
    it = await Glass.sign_in(browser, district, "district_it", 1280, 800)
    await it.page.get_by_role("button", name="Still picture of Gym", exact=True).click()
    await expect(it.page.get_by_text("STILL, not live")).to_be_visible(timeout=15_000)
    await accessible(it.page, "district IT")
    await it.close()
    auditor = await Glass.sign_in(browser, district, "auditor", 1280, 800)
    await expect(auditor.page.get_by_role("row")).not_to_have_count(0)
    await accessible(auditor.page, "record")
    await auditor.close()
