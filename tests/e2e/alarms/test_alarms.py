"""Tests what an alarm opens and shows on the police's pages: two rooms, two schools, a drill."""

from playwright.async_api import Browser, Route, expect

from rig.district import District
from tests.e2e.alarms.ear import is_silent, sounds
from tests.e2e.alarms.police import KINDERGARTEN, LIBRARY, ROOM_107, Schools, browser, district, page_of, schools
from tests.e2e.marks import E2E

__all__ = ["browser", "district", "schools"]

pytestmark = E2E


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


async def test_an_alarm_moves_the_plan_away_from_a_chosen_school_and_one_press_returns_to_it(
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


async def test_a_camera_opened_while_another_is_enlarged_is_visible(
    browser: Browser, district: District, schools: Schools
) -> None:
    glass = await page_of(browser, district, "dispatcher")
    await schools.press(LIBRARY)
    await glass.page.get_by_test_id("tile-lincoln-upper-east").get_by_role("button", name="Enlarge").click()
    await expect(glass.page.locator("sl-tile")).to_have_count(1)
    await glass.page.get_by_test_id("open-lincoln-gym").click()
    await expect(glass.page.get_by_test_id("tile-lincoln-gym")).to_be_visible()
    await glass.close()


async def test_a_patrol_car_reaches_each_of_two_alarms_with_one_press(
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
    await sounds(page)  # Oak's alarm still has to be acknowledged
    await page.get_by_test_id("alarm-oak").click()
    await page.get_by_test_id("acknowledge").click()
    await is_silent(page)
    assert glass.errors == []
    await glass.close()


async def test_a_patrol_car_can_look_at_any_schools_plan_where_closed_cameras_say_so(
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


async def test_an_incident_does_not_open_again_when_an_answer_arrives_after_its_all_clear(
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


async def test_a_drill_opens_no_black_tiles_for_police_who_are_not_enrolled(
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
