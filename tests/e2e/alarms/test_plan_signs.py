"""Tests what the police read on a plan while an alarm is open: signs that never cover each other, and what they say."""

import pytest
from playwright.async_api import Browser, expect

from rig.district import District
from tests.e2e.alarms.police import ROOM_107, Schools, browser, district, page_of, schools
from tests.e2e.marks import E2E

__all__ = ["browser", "district", "schools"]

pytestmark = E2E

SIGNS = ".label > div, .feature > div, .door.exterior > div, .door.gate > div, .opening > div, .camera > button"
COVERED = """signs => {
  const seen = signs.filter(one => one.style.visibility !== "hidden" && one.textContent.trim() + one.innerHTML !== "");
  const boxes = seen.map(one => [one.innerText || one.ariaLabel, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0);
  const covers = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return boxes.flatMap(([name, box], index) => boxes.slice(index + 1)
    .filter(([, other]) => covers(box, other)).map(([other]) => `${name} / ${other}`));
}"""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 800), (390, 844)])
async def test_no_sign_of_the_plan_covers_another_at_any_zoom_and_the_first_ones_are_always_there(
    browser: Browser, district: District, schools: Schools, width: int, height: int
) -> None:
    glass = await page_of(browser, district, "dispatcher", width, height)
    page = glass.page
    await schools.press(ROOM_107)
    await expect(page.get_by_test_id(f"plan-alarm-{ROOM_107}")).to_contain_text("ALARM")
    plan = page.locator("sl-plan")
    for _ in range(3):
        assert await plan.locator(SIGNS).evaluate_all(COVERED) == []
        for name in ("Key box", "Emergency locker", "Main entrance"):
            sign = plan.get_by_role("button", name=name).first
            assert await sign.evaluate("one => getComputedStyle(one).visibility") == "visible", name
        await plan.locator(".leaflet-control-zoom-in").dispatch_event("click")
    await plan.get_by_role("button", name="Key box").first.dispatch_event("click")
    await expect(plan.locator(".said")).to_contain_text("Key box")
    await glass.close()
