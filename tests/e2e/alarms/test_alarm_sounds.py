"""Checks how the police hear an alarm: each kind has its sound, which gets louder when the alarm is overdue and stops
after a press. The school never hears it."""

import pytest
from playwright.async_api import Browser, Page, expect

from rig.district import District
from rig.processes import until
from tests.e2e.alarms.ear import EAR, heard, is_silent, sounds, tones
from tests.e2e.alarms.police import LIBRARY, Schools, browser, district, page_of, schools
from tests.e2e.marks import E2E

__all__ = ["browser", "district", "schools"]

pytestmark = E2E


@pytest.mark.parametrize(("kind", "lowest", "highest"), [("real", 550, 1400), ("drill", 490, 700), ("test", 360, 430)])
async def test_an_alarm_sounds_according_to_its_kind_until_a_police_officer_acknowledges_it(
    browser: Browser, district: District, schools: Schools, kind: str, lowest: float, highest: float
) -> None:
    glass = await page_of(browser, district, "patrol", 1280, 800)
    page = glass.page
    colleague = await district.client("headquarters")
    incident = await schools.press(LIBRARY, kind)
    await sounds(page)
    await until(lambda: enough(page), 8, "the melody")
    found = await tones(page, 8)
    middle = found[len(found) // 10 : -(len(found) // 10) or None]  # the edges of a note contain other tones
    assert lowest < middle[0] <= middle[-1] < highest, (kind, found)
    print(f"{kind}: {found[0]:.0f} to {found[-1]:.0f} Hz")
    titles = {await page.evaluate("document.title")}

    async def blinks() -> bool:
        titles.add(await page.evaluate("document.title"))
        return len(titles) > 1

    await until(blinks, 4, "a title that changes while nobody has acknowledged")
    assert all(kind.upper() in title and "Lincoln" in title for title in titles), titles
    assert await page.evaluate("window.vibrations.length") > 0
    status, _ = await colleague.post(f"/api/incidents/{incident}/acknowledge")
    assert status == 200
    await is_silent(page)
    assert "\u25cf" not in await page.evaluate("document.title")
    assert kind.upper() in await page.evaluate("document.title")
    await glass.close()


async def enough(page: Page) -> bool:
    return len(await tones(page, 8)) > 12


async def test_an_alarm_that_nobody_acknowledges_grows_louder_and_faster_and_the_banner_says_so(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher")
    page = glass.page
    await schools.press(LIBRARY)
    await sounds(page)
    await until(lambda: enough(page), 8, "the melody")
    before = max(one["peak"] for one in await heard(page, 5))
    await expect(page.get_by_test_id("overdue")).to_contain_text("Police have not acknowledged for 00:", timeout=20_000)

    async def louder() -> bool:
        return any(one["peak"] > 1.3 * before for one in await heard(page, 3))

    await until(louder, 6, "a louder sound")
    await page.get_by_test_id("acknowledge").click()
    await is_silent(page)
    await expect(page.get_by_test_id("overdue")).to_have_count(0)
    await glass.close()


MUTE = """(() => {
  const all = (root) => [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
  const found = (id) => all(document).find((e) => e.dataset?.testid === id)?.innerText ?? "";
  const words = found("sound-off").includes("Sound is off on this page: press to turn it on");
  return words && found("alarm-banner").includes("REAL") && performance.now() > 4000
    && window.heard.length > 50 && window.heard.every((one) => one.peak === 0);
})()"""


async def test_a_page_that_the_browser_mutes_says_so_until_a_press(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher")
    page = glass.page
    await expect(page.get_by_test_id("sound-off")).to_have_count(0)  # signing in was a press
    kept = await glass.context.storage_state()
    await glass.close()
    glass.context = await browser.new_context(
        storage_state=kept
    )  # no press yet, just as after a restart of the browser
    page = await glass.context.new_page()
    await page.add_init_script(EAR)
    await page.goto(district.url)
    # Use the protocol directly: scripts that the driver runs in a page count as a press.
    browser_only = await glass.context.new_cdp_session(page)

    async def mute_and_alarmed() -> bool:
        answer = await browser_only.send("Runtime.evaluate", {"expression": MUTE, "returnByValue": True})
        return bool(answer["result"]["value"])

    await schools.press(LIBRARY)
    await until(mute_and_alarmed, 10, "a page that says that it is mute, under an alarm, and is")
    off = page.get_by_test_id("sound-off")
    await off.click()
    await sounds(page)
    await expect(off).to_have_count(0)
    await glass.close()


async def test_a_persons_own_press_silences_the_page_at_once_and_is_sent_until_the_gateway_has_it(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "patrol", 1280, 800)
    page = glass.page
    await schools.press(LIBRARY)
    await sounds(page)
    await page.route("**/acknowledge", lambda route: route.abort())
    await page.get_by_test_id("acknowledge").click()
    await is_silent(page)
    await expect(page.get_by_test_id("alarm-banner")).to_contain_text("Not sent yet")
    await page.unroute("**/acknowledge")
    await expect(page.get_by_test_id("alarm-banner")).to_contain_text("Acknowledged by Patrol car 12", timeout=10_000)
    await expect(page.get_by_test_id("alarm-banner")).not_to_contain_text("Not sent yet")
    await glass.close()


async def test_no_siren_sounds_in_the_school_where_people_hide(
    browser: Browser, district: District, schools: Schools
) -> None:
    police = await page_of(browser, district, "dispatcher")
    school = await page_of(browser, district, "coordinator", 390, 844)
    await schools.press(LIBRARY)
    await sounds(police.page)
    await expect(school.page.get_by_test_id("alarm-banner")).to_be_visible()
    await expect(police.page.get_by_test_id("overdue")).to_be_visible(timeout=20_000)
    assert all(one["peak"] == 0 for one in await heard(school.page, 60))
    assert await school.page.evaluate("window.vibrations.length") == 0
    await police.close()
    await school.close()


ATTENTION = (
    EAR
    + """
window.shown = [];
window.Notification = class {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) { this.at = window.shown.push({ title, body: options.body, open: true }) - 1; }
  close() { window.shown[this.at].open = false; }
};
document.hasFocus = () => false;
window.locks = [];
const request = navigator.wakeLock.request.bind(navigator.wakeLock);
navigator.wakeLock.request = async (kind) => window.locks[window.locks.push(await request(kind)) - 1];
"""
)


async def test_an_alarm_notifies_a_person_looking_elsewhere_and_keeps_the_screen_on_until_all_clear(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "patrol", 390, 844, script=ATTENTION)
    page = glass.page
    incident = await schools.press(LIBRARY)

    async def shown() -> list[dict[str, object]]:
        return list(await page.evaluate("window.shown"))

    [notice] = await until(shown, 5, "a notification")
    assert "REAL" in notice["title"]
    assert "Lincoln Middle School" in notice["title"]
    assert "204" in notice["body"]
    held = "window.locks.filter(lock => !lock.released).length"
    await until(lambda: page.evaluate(f"{held} === 1"), 5, "a screen that stays on")
    await page.get_by_test_id("acknowledge").click()
    await until(lambda: page.evaluate("!window.shown[0].open"), 5, "the notification's end")
    assert await page.evaluate(held) == 1, "the screen stays on for as long as the incident is open"
    await schools.end("lincoln", incident)
    await expect(page.get_by_test_id("alarm-banner")).to_have_count(0, timeout=10_000)
    await until(lambda: page.evaluate(f"{held} === 0"), 5, "a screen that may go off")
    await glass.close()
