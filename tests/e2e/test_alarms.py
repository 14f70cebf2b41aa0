"""Alarms as the police meet them: two rooms, two schools, a drill, a mute page."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from rig.chromium import CHROMIUM, chromium
from rig.district import Client, District, served
from rig.glass import Glass
from rig.processes import until
from tests.e2e.ear import EAR, heard, is_silent, sounds, tones

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

LIBRARY, ROOM_107, KINDERGARTEN = "lincoln-room-204", "lincoln-room-107", "oak-room-3"
CONFIRM_WITHIN = 12.0
"""Seconds until an alarm that nobody acknowledges presses on."""

CUT = "e => e.scrollHeight > e.clientHeight + 1"
"""Does an element have words that are not seen?"""

SCHOOLS = {"lincoln": "coordinator", "oak": "coordinator_oak"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium as it is installed: mute until somebody presses something."""
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
        """Trigger in a room. Returns the incident's id."""
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
    """Leaves no incident open."""
    schools = Schools({site: await district.client(who) for site, who in SCHOOLS.items()})
    yield schools
    await schools.all_clear()


async def page_of(
    browser: Browser, district: District, who: str, width: int = 1600, height: int = 900, script: str = EAR
) -> Glass:
    """A signed-in page with an ear, once it knows the state of things."""
    glass = await Glass.sign_in(browser, district, who, width, height, script)
    await expect(glass.page.get_by_test_id("connection")).not_to_contain_text("No connection")
    return glass


async def test_a_second_button_in_another_room_sounds_again_and_both_rooms_are_shown(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher", 1280, 800)
    page = glass.page
    await schools.press(LIBRARY, note="two persons")
    await sounds(page)
    await page.get_by_test_id("acknowledge").click()
    await is_silent(page)
    await expect(page.get_by_test_id("acknowledge")).to_have_count(0)

    await schools.press(ROOM_107)
    await sounds(page)
    alarm = page.get_by_test_id("alarm-banner")
    await expect(alarm.locator(".where")).to_contain_text("107")
    await expect(page.get_by_test_id("acknowledge")).to_be_visible()
    await expect(alarm).to_contain_text("Not yet acknowledged")
    rows = page.get_by_test_id("trigger")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0)).to_contain_text("107")
    for words in ("204", "two persons", "School coordinator 1", ":"):
        await expect(rows.nth(1)).to_contain_text(words)

    await expect(page.get_by_test_id(f"plan-alarm-{ROOM_107}")).to_contain_text("ALARM 2: 107")
    await page.get_by_role("button", name="Floor 2 \u25cf 1 alarm").click()
    await expect(page.get_by_test_id(f"plan-alarm-{LIBRARY}")).to_contain_text("1: 204")

    for name in ("lincoln-upper-east", "lincoln-upper-west"):
        await glass.tile(name).close()
    await rows.nth(1).get_by_test_id("open-nearest").click()
    await expect(page.get_by_test_id("tile-lincoln-upper-east")).to_be_visible()
    await page.get_by_test_id("acknowledge").click()
    await is_silent(page)
    assert glass.errors == []
    await glass.close()


async def test_ten_triggers_do_not_push_the_pictures_off_the_screen(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher", 1280, 800)
    page = glass.page
    for number in (101, 102, 103, 106, 107, 201, 202, 203, 204):
        await schools.press(f"lincoln-room-{number}", note="A long note of what somebody saw there. " * 4)
    await schools.press(KINDERGARTEN)
    await schools.press(ROOM_107)
    await expect(page.get_by_test_id("more-triggers")).to_contain_text("8 earlier")
    tile = page.get_by_test_id("tile-lincoln-upper-east")
    box = await tile.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 800, "the tile is on the screen"
    assert box["height"] >= 120
    assert await page.locator("sl-tile").count() <= 12
    await page.get_by_test_id("more-triggers").click()
    lincoln = page.locator("[data-testid=alarm-banner][data-site=lincoln]")
    await expect(lincoln.get_by_test_id("trigger")).to_have_count(10)
    box = await tile.bounding_box()
    assert box is not None
    assert box["y"] < 800 - 60, "a picture can be seen even then"
    await glass.close()


async def test_an_alarm_takes_the_plan_from_a_school_that_was_chosen_and_one_press_brings_it_back(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher")
    page = glass.page
    await page.get_by_test_id("school").select_option("oak")
    await expect(page.get_by_text("Cameras at Oak Elementary School")).to_be_visible()
    await schools.press(LIBRARY)
    await expect(page.get_by_test_id("school")).to_have_value("lincoln")
    await expect(page.get_by_test_id(f"plan-alarm-{LIBRARY}")).to_contain_text("ALARM 204")
    await expect(page.get_by_text("Cameras at Lincoln Middle School")).to_be_visible()
    await expect(page.get_by_test_id("watchers")).to_contain_text("Lincoln Middle School")

    await page.get_by_role("button", name="Back to Oak Elementary School").click()
    await expect(page.get_by_test_id("plan-camera-oak-main-entrance")).to_be_visible()
    await expect(page.get_by_test_id("back")).to_have_count(0)
    await schools.press(KINDERGARTEN)
    for school, camera in (("Oak Elementary School", "oak"), ("Lincoln Middle School", "lincoln")):
        await page.get_by_test_id("school").select_option(camera)
        tile = glass.tile(f"{camera}-main-entrance")
        await tile.open()
        words = " ".join((await tile.words()).split())
        assert "Main entrance" in words
        assert school in words
    assert glass.errors == []
    await glass.close()


async def test_a_camera_that_is_opened_beside_an_enlarged_one_is_seen(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher")
    await schools.press(LIBRARY)
    await glass.page.get_by_test_id("tile-lincoln-upper-east").get_by_role("button", name="Enlarge").click()
    await expect(glass.page.locator("sl-tile")).to_have_count(1)
    await glass.page.get_by_test_id("open-lincoln-gym").click()
    await expect(glass.page.get_by_test_id("tile-lincoln-gym")).to_be_visible()
    await glass.close()


async def test_a_patrol_car_reaches_each_of_two_alarms_by_one_press(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "patrol", 1280, 800)
    page = glass.page
    await schools.press(LIBRARY)
    await glass.tile("lincoln-upper-east").says("live", 15)
    await schools.press(KINDERGARTEN)
    await expect(page.get_by_test_id("alarm-banner")).to_contain_text("Oak Elementary School")
    await expect(page.locator("sl-tile")).to_contain_text("Oak Elementary School")
    for site, room in (("lincoln", LIBRARY), ("oak", KINDERGARTEN), ("lincoln", LIBRARY)):
        press = page.get_by_test_id(f"alarm-{site}")
        box = await press.bounding_box()
        assert box is not None
        assert box["height"] >= 56
        await press.click()
        await expect(page.get_by_test_id("alarm-banner")).to_have_attribute("data-site", site)
        await expect(page.get_by_test_id(f"plan-alarm-{room}")).to_contain_text("ALARM")
        await expect(page.locator(f"[data-testid^=tile-{site}-]")).to_be_visible()
    await page.get_by_test_id("acknowledge").click()
    await expect(page.get_by_test_id("alarm-banner")).to_contain_text("Acknowledged by Patrol car 12")
    await sounds(page)  # Oak's is still to be acknowledged
    await page.get_by_test_id("alarm-oak").click()
    await page.get_by_test_id("acknowledge").click()
    await is_silent(page)
    assert glass.errors == []
    await glass.close()


async def test_a_patrol_car_looks_at_any_schools_plan_without_an_alarm_and_closed_cameras_say_so(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "patrol", 1280, 800)
    page = glass.page
    for site, closed, standing in (
        ("oak", "oak-hallway", "oak-main-entrance"),
        ("lincoln", "lincoln-lobby", "lincoln-main-entrance"),
    ):
        await page.get_by_test_id("school").select_option(site)
        await page.get_by_test_id(f"plan-camera-{closed}").click()
        await expect(page.locator("section.view")).to_contain_text("is not open")
        await expect(page.locator("sl-tile")).to_have_count(0)
        assert "Not open now" in (await page.get_by_test_id(f"plan-camera-{closed}").get_attribute("aria-label") or "")
        await page.get_by_test_id(f"plan-camera-{standing}").click()
        await glass.tile(standing).says("live", 15)
    await glass.close()


@pytest.mark.parametrize(("kind", "lowest", "highest"), [("real", 550, 1400), ("drill", 490, 700), ("test", 360, 430)])
async def test_an_alarm_is_heard_by_its_kind_until_anybody_of_the_police_acknowledges(
    browser: Browser, district: District, schools: Schools, kind: str, lowest: float, highest: float
) -> None:
    glass = await page_of(browser, district, "patrol", 1280, 800)
    page = glass.page
    colleague = await district.client("headquarters")
    incident = await schools.press(LIBRARY, kind)
    await sounds(page)
    await until(lambda: enough(page), 8, "the melody")
    found = await tones(page, 8)
    middle = found[len(found) // 10 : -(len(found) // 10) or None]  # the edges of a note have other tones in them
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


async def test_a_page_that_the_browser_keeps_mute_says_so_until_a_press(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher")
    page = glass.page
    await expect(page.get_by_test_id("sound-off")).to_have_count(0)  # signing in was a press
    kept = await glass.context.storage_state()
    await glass.close()
    glass.context = await browser.new_context(storage_state=kept)  # no press yet, as after the browser's own restart
    page = await glass.context.new_page()
    await page.add_init_script(EAR)
    await page.goto(district.url)
    # By the protocol itself: what the driver evaluates in a page counts as a press there.
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


async def test_an_own_press_silences_the_page_at_once_and_is_sent_until_the_gateway_has_it(
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


async def test_an_incident_does_not_open_again_when_an_answer_comes_after_its_all_clear(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "patrol", 1280, 800)
    page = glass.page
    incident = await schools.press(LIBRARY)
    banner = page.get_by_test_id("alarm-banner")

    async def too_late(route: Route) -> None:
        answer = await route.fetch()
        await schools.end("lincoln", incident)
        await expect(banner).to_have_count(0)
        await route.fulfill(response=answer)

    await page.route("**/acknowledge", too_late)
    async with page.expect_response("**/acknowledge") as answered:
        await page.get_by_test_id("acknowledge").click()
    await (await answered.value).finished()
    await page.evaluate("() => new Promise(requestAnimationFrame)")
    await expect(banner).to_have_count(0)
    await page.unroute("**/acknowledge")
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


async def test_a_drill_opens_no_black_tiles_to_who_is_not_enrolled(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher")
    await schools.press(LIBRARY, "drill", enrolled=["patrol-12"])
    await expect(glass.page.get_by_test_id("why-none")).to_have_text(
        "Drill. You are not enrolled: no cameras open for you."
    )
    await sounds(glass.page)
    assert await glass.page.locator("sl-tile").count() == 0
    wall = glass.page.get_by_role("region", name="Open cameras")
    await expect(wall).to_contain_text("You are not enrolled: no cameras open for you.")
    lobby = glass.page.get_by_test_id("open-lincoln-lobby")
    await expect(lobby).to_contain_text("Locked")
    await lobby.click()
    await expect(glass.page.locator("sl-tile")).to_contain_text("NO ACCESS")
    await expect(glass.page.locator("sl-tile")).to_contain_text("This is a drill in which you are not enrolled.")
    await lobby.click()
    await schools.press(ROOM_107, "drill", enrolled=["dispatcher-1"])
    await glass.tile("lincoln-lobby").says("live", 15)
    await expect(glass.page.get_by_test_id("why-none")).to_have_count(0)
    await glass.close()


@pytest.mark.parametrize(("who", "width", "height"), [("patrol", 1024, 768), ("dispatcher", 390, 844)])
async def test_what_somebody_saw_is_not_cut_off_where_the_screen_is_small(
    browser: Browser, district: District, schools: Schools, who: str, width: int, height: int
) -> None:
    note = "Two persons by the stairs, one with a long gun and a dark bag, going to the library"
    glass = await page_of(browser, district, who, width, height)
    page = glass.page
    await schools.press(LIBRARY, note=note)
    await schools.press(ROOM_107)
    words = page.get_by_test_id("trigger").nth(1).locator(".words")
    await expect(words).to_contain_text(note)
    if await words.evaluate(CUT):
        await page.get_by_test_id("more-triggers").click()
    assert not await words.evaluate(CUT)
    assert glass.errors == []
    await glass.close()


async def test_on_a_phone_nothing_covers_why_there_is_no_picture_or_the_press_for_it(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher", 390, 844)
    incident = await schools.press(LIBRARY)
    tile = glass.tile("lincoln-upper-east")
    await tile.says("live", 15)
    await schools.end("lincoln", incident)
    await tile.says_words("The incident has ended", 10)
    boxes = []
    for part in (".state", ".words", ".name"):
        box = await tile.locator.locator(part).bounding_box()
        assert box is not None
        boxes.append(box)
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"] + 1, f"{below} covers {above}"
    await tile.locator.get_by_role("button", name="Try again").click(timeout=3000)
    await glass.close()


async def test_a_camera_out_of_reach_does_not_also_wait_for_a_keyframe(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher")
    await schools.press(LIBRARY)
    tile = glass.tile("lincoln-lobby")
    await tile.open()
    await tile.says("live", 15)
    await district.fault("lincoln-lobby", off=True, drop=True)
    try:
        await tile.says("not_live", 15)
        await tile.close()
        await tile.open()
        await tile.says_words("Camera", 15)
        assert "WAITING FOR NEXT PICTURE" not in await tile.words()
    finally:
        await district.fault("lincoln-lobby")
    await glass.close()


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


async def test_an_alarm_notifies_who_looks_elsewhere_and_keeps_the_screen_awake_until_all_clear(
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
