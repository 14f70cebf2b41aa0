"""The school's page: a form from yesterday's drill, and an all clear that must not end too much."""

import asyncio

from playwright.async_api import Browser, Route, expect

from rig.district import Client, District
from rig.glass import Glass
from tests.e2e.marks import E2E
from tests.e2e.school.school import HELD, ROOM, Presses, dispatcher, district, hold, school
from tests.e2e.test_accessibility import accessible

__all__ = ["dispatcher", "district", "school"]

pytestmark = E2E


async def test_the_hold_after_a_drill_is_real_and_has_no_room(school: Glass, dispatcher: Client) -> None:
    page, presses = school.page, Presses(school.page)
    await page.get_by_label("DRILL").check()
    await page.get_by_test_id("room").select_option(ROOM)
    await page.get_by_test_id("enrol-dispatcher-1").check()
    await hold(page)
    await expect(page.get_by_test_id("alarm-banner")).to_have_attribute("data-kind", "drill")
    await expect(page.get_by_label("REAL")).to_be_checked()
    await expect(page.get_by_test_id("room")).to_have_value("")

    await page.get_by_label("DRILL").check()
    await page.get_by_test_id("room").select_option(ROOM)
    await page.get_by_test_id("all-clear").click()
    await page.get_by_test_id("all-clear-confirm").click()
    await expect(page.get_by_test_id("alarm-banner")).to_have_count(0)
    await expect(page.get_by_label("REAL")).to_be_checked()
    await expect(page.get_by_test_id("room")).to_have_value("")
    await expect(page.get_by_test_id("enrol-dispatcher-1")).to_have_count(0)

    await hold(page)
    await expect(page.get_by_test_id("alarm-banner")).to_have_attribute("data-kind", "real")
    assert [(body["kind"], body.get("room"), body.get("enrolled")) for body in presses.bodies] == [
        ("drill", ROOM, ["dispatcher-1"]),
        ("real", None, None),
    ]


async def test_a_form_that_nobody_touches_goes_back_to_real(browser: Browser, district: District) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await page.clock.install()
    await page.goto(await district.invitation("coordinator"))
    await page.get_by_test_id("sign-in-button").click()
    await page.get_by_test_id("notice-accept").click()
    await page.get_by_label("TEST").check()
    await page.get_by_test_id("room").select_option(ROOM)
    await page.clock.run_for(100_000)
    await expect(page.get_by_label("TEST")).to_be_checked()
    await page.clock.run_for(25_000)
    await expect(page.get_by_label("REAL")).to_be_checked()
    await expect(page.get_by_test_id("room")).to_have_value("")
    await context.close()


async def test_a_drill_that_somebody_holds_never_turns_into_a_real_alarm(
    school: Glass, district: District, dispatcher: Client
) -> None:
    """If a test incident ends during the hold, the form goes back to REAL."""
    page, presses = school.page, Presses(school.page)
    client = await district.client("coordinator")
    _, test = await client.post("/api/incidents", {"site": "lincoln", "kind": "test"})
    await expect(page.get_by_test_id("alarm-banner")).to_have_attribute("data-kind", "test")
    await page.get_by_label("DRILL").check()
    holding = asyncio.create_task(hold(page))
    await expect(page.get_by_role("progressbar", name="Hold progress")).not_to_have_js_property("value", 0)
    await client.post(f"/api/incidents/{test['id']}/all-clear")
    await holding
    await expect(page.get_by_text("Not sent. This button now sends something else.")).to_be_visible()
    await expect(page.locator("sl-hold")).to_contain_text("REAL")
    assert presses.bodies == []


async def test_a_hold_continues_if_the_page_moves_the_button_and_ends_if_the_finger_slides_off(
    school: Glass, dispatcher: Client
) -> None:
    page, button = school.page, school.page.get_by_test_id("hold-to-trigger")
    await button.scroll_into_view_if_needed()
    box = await button.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 40)
    await expect(page.get_by_text("Not sent. Keep holding until the bar is full.")).to_be_visible()
    await page.mouse.up()
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.evaluate("document.body.insertAdjacentHTML('afterbegin', '<div style=\"height: 400px\"></div>')")
    await page.wait_for_timeout(HELD)
    await page.mouse.up()
    await expect(page.get_by_test_id("all-clear")).to_be_visible()


async def test_all_clear_without_a_network_says_that_it_is_not_confirmed(school: Glass, dispatcher: Client) -> None:
    page = school.page
    await hold(page)
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()
    await school.context.set_offline(True)
    await page.get_by_test_id("all-clear").click()
    await page.get_by_test_id("all-clear-confirm").click()
    await expect(page.get_by_text("Not confirmed: no answer. Press again.")).to_be_visible()
    await expect(page.get_by_text("keeps trying")).to_have_count(0)
    await school.context.set_offline(False)
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()


async def test_an_all_clear_that_is_not_on_disk_yet_says_whom_to_tell(school: Glass, dispatcher: Client) -> None:
    page = school.page
    await hold(page)
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()

    async def in_memory(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json=await answer.json() | {"committed": False})

    await page.route("**/all-clear", in_memory)
    await page.get_by_test_id("all-clear").click()
    await page.get_by_test_id("all-clear-confirm").click()
    await expect(page.get_by_test_id("alarm-banner")).to_have_count(0)
    fault = page.get_by_test_id("disk-fault")
    await expect(fault).to_contain_text("Your press took effect")
    await accessible(page, "a disk that cannot be written")
    await fault.get_by_role("button").click()
    await expect(fault).to_have_count(0)


async def test_an_all_clear_begun_before_a_new_alarm_does_not_end_it(
    school: Glass, district: District, dispatcher: Client
) -> None:
    page = school.page
    await hold(page)
    await page.get_by_test_id("all-clear").click()
    await expect(page.get_by_test_id("all-clear-confirm")).to_be_visible()
    client = await district.client("coordinator")
    await client.post("/api/incidents", {"site": "lincoln", "kind": "real", "room": ROOM})
    await expect(page.get_by_test_id("all-clear-confirm")).to_be_hidden()
    await expect(page.get_by_text("There is a new alarm. All clear was not sent.")).to_be_visible()
    await page.get_by_test_id("all-clear").click()
    await page.get_by_test_id("all-clear-confirm").click()
    await expect(page.locator("sl-alarm")).to_have_count(0)
