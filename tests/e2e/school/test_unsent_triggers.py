"""A trigger that does not reach the gateway at once: no network, a lost answer, a full disk, a closed page."""

import json
import time

from playwright.async_api import Route, expect

from rig.district import Client
from rig.glass import Glass
from rig.processes import until
from tests.e2e.marks import E2E
from tests.e2e.school.school import ROOM, Presses, dispatcher, district, hold, school, triggers, unreachable
from tests.e2e.test_accessibility import accessible

__all__ = ["dispatcher", "district", "school"]

pytestmark = E2E

KEPT = "sightline-pending-trigger"


async def test_a_trigger_pressed_without_a_network_is_tried_until_it_is_sent_exactly_once(
    school: Glass, dispatcher: Client
) -> None:
    page, presses = school.page, Presses(school.page)
    await page.get_by_test_id("room").select_option(ROOM)
    await school.context.set_offline(True)
    await hold(page)
    pending = page.get_by_test_id("pending")
    await expect(pending).to_contain_text("NOT SENT YET")
    await expect(pending).to_contain_text("This page keeps trying")
    await expect(pending).to_contain_text("204")
    await expect(pending.get_by_test_id("call-911")).to_be_visible()
    await expect(page.get_by_test_id("hold-to-trigger")).to_have_count(0)
    await expect(pending).to_contain_text("3 attempts", timeout=15_000)

    await school.context.set_offline(False)
    await expect(page.get_by_test_id("alarm-banner")).to_contain_text("204", timeout=5000)
    await expect(pending).to_have_count(0)
    assert len(presses.bodies) >= 4
    assert len(presses.keys) == 1
    [only] = await triggers(page, dispatcher)
    assert only["room"] == ROOM


async def test_a_trigger_whose_answer_is_lost_opens_one_incident_with_one_trigger(
    school: Glass, dispatcher: Client
) -> None:
    page, presses = school.page, Presses(school.page)
    lost = 0

    async def lose_the_answer(route: Route) -> None:
        nonlocal lost
        lost += 1
        await route.fetch()
        await route.abort("connectionreset")

    await page.route("**/api/incidents", lose_the_answer, times=2)
    await hold(page)

    async def answered() -> bool:
        return len(presses.bodies) >= 3

    await until(answered, 15, "a third attempt")
    await expect(page.get_by_test_id("pending")).to_have_count(0)
    assert lost == 2
    assert len(presses.keys) == 1
    assert len(await triggers(page, dispatcher)) == 1


async def test_an_alarm_that_the_gateway_cannot_save_is_shown_as_sounding_and_sent_again(
    school: Glass, dispatcher: Client
) -> None:
    page, presses = school.page, Presses(school.page)
    words = "The alarm sounds, but the gateway could not store it: its disk is full or broken. Tell district IT."

    async def not_on_disk(route: Route) -> None:
        await route.fetch()
        body = {"status": 503, "code": "not_on_disk", "title": "Not on disk", "detail": words}
        await route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(body))

    await page.route("**/api/incidents", not_on_disk, times=3)
    await hold(page)
    pending = page.get_by_test_id("pending")
    await expect(pending).to_contain_text("ALARM IS SOUNDING")
    await expect(pending).to_contain_text(words)
    await expect(pending).not_to_contain_text("911")
    await expect(pending).to_have_count(0, timeout=15_000)
    assert len(presses.keys) == 1
    assert len(await triggers(page, dispatcher)) == 1


async def test_a_trigger_not_yet_sent_survives_a_reload_and_a_guest_networks_page(
    school: Glass, dispatcher: Client
) -> None:
    page, presses = school.page, Presses(school.page)
    mend = await unreachable(page)
    await hold(page)
    await expect(page.get_by_test_id("pending")).to_contain_text("NOT SENT YET")
    await page.reload()
    await expect(page.get_by_test_id("pending")).to_contain_text("NOT SENT YET")
    await expect(page.get_by_test_id("pending")).to_contain_text("This page keeps trying")
    await mend()

    async def portal(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/html", body="<h1>Welcome to guest Wi-Fi</h1>")

    await page.route("**/api/incidents", portal, times=2)
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible(timeout=20_000)
    await expect(page.get_by_test_id("pending")).to_have_count(0)
    assert len(presses.keys) == 1
    assert len(await triggers(page, dispatcher)) == 1


async def test_a_trigger_not_tried_for_minutes_is_sent_only_after_a_question_and_says_it_is_late(
    school: Glass, dispatcher: Client
) -> None:
    page = school.page
    mend = await unreachable(page)
    await hold(page)
    await expect(page.get_by_test_id("pending")).to_contain_text("NOT SENT YET")
    # The page was closed for an hour, so its storage is an hour old.
    kept = json.loads(await page.evaluate("key => localStorage.getItem(key)", KEPT))
    kept["press"]["at"] = kept["tried_at"] = time.time() - 3600
    # A page that is closing may still send for a moment after the cut. Cancel the trigger, so nothing is left to send.
    await page.get_by_test_id("call-off").click()
    await page.get_by_test_id("call-off-confirm").click()
    await expect(page.get_by_test_id("hold-to-trigger")).to_be_visible()
    await page.goto("about:blank")
    await mend()
    await page.add_init_script(
        f"if (location.protocol !== 'about:' && !sessionStorage.old) {{ sessionStorage.old = 1;"
        f"localStorage.setItem({json.dumps(KEPT)}, {json.dumps(json.dumps(kept))}); }}"
    )
    await page.goto(school.district.url)
    pending = page.get_by_test_id("pending")
    await expect(pending).to_have_attribute("data-state", "asking")
    await expect(page.get_by_test_id("connection")).to_contain_text("", timeout=5000)
    await expect(page.get_by_test_id("watchers")).to_be_visible()
    await expect(page.get_by_test_id("alarm-banner")).to_have_count(0)
    await pending.get_by_test_id("send-now").click()
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()
    [only] = await triggers(page, dispatcher)
    assert "60 min after it was pressed" in only["note"]


async def test_a_cancelled_trigger_is_not_sent_when_the_network_is_back(school: Glass, dispatcher: Client) -> None:
    page, presses = school.page, Presses(school.page)
    await school.context.set_offline(True)
    await hold(page)
    pending = page.get_by_test_id("pending")
    await expect(pending).to_contain_text("NOT SENT YET")
    await pending.get_by_test_id("call-off").click()
    await expect(pending).to_contain_text("Cancel this alarm?")
    await accessible(page, "a trigger that is not sent")
    await pending.get_by_test_id("call-off-confirm").click()
    await expect(pending).to_contain_text("CANCELLED")
    tried = len(presses.bodies)
    await school.context.set_offline(False)
    await page.reload()
    await expect(page.get_by_test_id("connection")).not_to_contain_text("No connection")
    await expect(page.get_by_test_id("pending")).to_contain_text("CANCELLED")
    await page.get_by_test_id("put-away").click()
    await expect(page.get_by_test_id("pending")).to_have_count(0)
    await expect(page.get_by_test_id("alarm-banner")).to_have_count(0)
    assert len(presses.bodies) == tried
