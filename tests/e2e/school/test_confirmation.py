"""The school's page says whether the police have confirmed an alarm or not, or that it does not know."""

import asyncio

from playwright.async_api import Browser, expect

from rig.district import Client, District
from rig.glass import Glass
from tests.e2e.marks import E2E
from tests.e2e.school.school import CONFIRM_WITHIN, ROOM, dispatcher, district, hold, incident_of, school
from tests.e2e.test_accessibility import accessible
from tests.e2e.test_story import press_button

__all__ = ["dispatcher", "district", "school"]

pytestmark = E2E


async def test_the_school_reads_that_police_have_not_confirmed_and_what_to_do(
    school: Glass, dispatcher: Client
) -> None:
    page = school.page
    await page.get_by_test_id("room").select_option(ROOM)
    await hold(page)
    said = page.get_by_test_id("confirmation")
    await expect(said).to_have_attribute("data-state", "waiting")
    await expect(said).not_to_contain_text("911")
    await expect(said).to_contain_text("Police have not confirmed. Call 911.", timeout=CONFIRM_WITHIN * 1000 + 2000)
    await expect(said.get_by_test_id("call-911")).to_be_visible()
    await accessible(page, "police have not confirmed")
    await dispatcher.post(f"/api/incidents/{await incident_of(page)}/acknowledge")
    await expect(said).to_contain_text("Police have confirmed.")
    await expect(said).to_contain_text("Dispatcher 1")
    await expect(said).not_to_contain_text("911")

    # Another room sounds the alarm again, which must be confirmed again.
    await expect(page.get_by_text("Danger in another room?")).to_be_visible()
    await page.get_by_test_id("room").select_option("lincoln-room-101")
    await hold(page)
    await expect(said).to_have_attribute("data-state", "waiting")
    rows = page.get_by_test_id("triggers").get_by_role("listitem")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("101")
    await expect(rows.last).to_contain_text("204")
    await expect(rows.last).to_contain_text("School coordinator 1")


async def test_a_school_can_say_that_it_has_seen_a_buttons_alarm_without_confirming_it(
    school: Glass, dispatcher: Client, browser: Browser
) -> None:
    page = school.page
    await asyncio.to_thread(press_button, school.district, "--room", ROOM)
    alarm = page.get_by_test_id("alarm-banner")
    await expect(alarm).to_be_visible()
    police = await Glass.sign_in(browser, school.district, "dispatcher")
    await page.get_by_test_id("acknowledge").click()
    await expect(page.get_by_test_id("acknowledge")).to_have_count(0)
    theirs = police.page.get_by_test_id("alarm-banner")
    await expect(theirs).to_contain_text("Seen by School coordinator 1")
    await expect(page.get_by_test_id("confirmation")).to_contain_text("Police have not confirmed.", timeout=10_000)
    await expect(page.get_by_test_id("confirmation")).to_contain_text("nobody at the police has confirmed")
    await police.page.get_by_test_id("acknowledge").click()
    await expect(alarm).to_contain_text("Seen by School coordinator 1")
    await police.close()


async def test_nobody_is_told_to_call_911_for_a_drill(school: Glass, dispatcher: Client) -> None:
    page = school.page
    await page.get_by_label("DRILL").check()
    await hold(page)
    said = page.get_by_test_id("confirmation")
    await expect(said).to_contain_text("Police have not confirmed this drill.", timeout=CONFIRM_WITHIN * 1000 + 2000)
    await expect(said).to_contain_text("There is no danger")
    assert "911" not in await school.text()


async def test_a_page_without_a_connection_does_not_say_that_police_have_not_confirmed(
    school: Glass, district: District, dispatcher: Client
) -> None:
    page = school.page
    await hold(page)
    said = page.get_by_test_id("confirmation")
    await expect(said).to_have_attribute("data-state", "waiting")
    district.processes[-1].kill()
    try:
        await expect(said).to_contain_text("This page does not know whether police have confirmed.", timeout=10_000)
        await expect(said.get_by_test_id("call-911")).to_be_visible()
    finally:
        district.start_gateway()
    await expect(said).to_have_attribute("data-state", "overdue", timeout=15_000)
