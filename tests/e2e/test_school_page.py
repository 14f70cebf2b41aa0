"""The school's page on the worst day: no network, a form from yesterday's drill, police who do not answer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, Route, expect

from rig.district import Client, District, served
from rig.glass import Glass
from rig.processes import until
from tests.e2e.test_accessibility import accessible
from tests.e2e.test_story import press_button

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

ROOM = "lincoln-room-204"
HELD = 2300
"""Milliseconds: longer than the hold that triggers."""

CONFIRM_WITHIN = 3.0
KEPT = "sightline-pending-trigger"

COUNT_SOUNDS = """
window.sounds = 0;
for (const name of ["AudioContext", "webkitAudioContext", "Audio"]) {
  const made = window[name];
  const construct = (...all) => { window.sounds += 1; return Reflect.construct(...all); };
  if (made) window[name] = new Proxy(made, { construct });
}
navigator.vibrate = () => { window.sounds += 1; return true; };
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    async with served(directory, {"incidents.confirm_within": CONFIRM_WITHIN}, cameras=False) as district:
        yield district


@pytest_asyncio.fixture(loop_scope="module")
async def dispatcher(district: District) -> AsyncIterator[Client]:
    """Police; leaves no incident open."""
    client = await district.client("dispatcher")
    yield client
    school = await district.client("coordinator")
    _, joined = await school.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    await school.post(f"/api/incidents/{joined['id']}/all-clear")


@pytest_asyncio.fixture(loop_scope="module")
async def school(browser: Browser, district: District, dispatcher: Client) -> AsyncIterator[Glass]:
    """The coordinator's phone."""
    glass = await Glass.sign_in(browser, district, "coordinator", 390, 844, COUNT_SOUNDS)
    await expect(glass.page.get_by_test_id("room").locator("option")).not_to_have_count(1)
    yield glass
    assert glass.errors == []
    assert await glass.page.evaluate("window.sounds") == 0, "the school's page may be a hiding place: it makes no sound"
    await glass.close()


class Presses:
    """What the page has asked of ``POST /api/incidents``."""

    def __init__(self, page: Page) -> None:
        self.bodies: list[dict[str, Any]] = []
        page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/incidents"):
            self.bodies.append(json.loads(request.post_data or "{}"))

    @property
    def keys(self) -> set[str]:
        return {body["key"] for body in self.bodies}


async def hold(page: Page) -> None:
    await page.get_by_test_id("hold-to-trigger").click(delay=HELD)


async def incident_of(page: Page) -> str:
    """The open incident's id, as the page knows it."""
    alarm = page.locator("sl-alarm")
    await expect(alarm).to_have_count(1)
    return str(await alarm.evaluate("e => e.incident.id"))


async def triggers(page: Page, dispatcher: Client) -> list[dict[str, Any]]:
    """All triggers of the open incident, newest first, by the gateway's account."""
    status, incident = await dispatcher.post(f"/api/incidents/{await incident_of(page)}/acknowledge")
    assert status == 200
    return list(incident["triggers"])


async def unreachable(page: Page) -> Callable[[], Awaitable[None]]:
    """Cut the page from the gateway's API, not from its files. Returns what mends it."""

    async def cut(route: Route) -> None:
        await route.abort("internetdisconnected")

    await page.route("**/api/**", cut)
    return lambda: page.unroute("**/api/**", cut)


async def test_a_trigger_pressed_without_a_network_is_tried_until_it_is_sent_and_sent_once(
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


async def test_an_alarm_that_the_gateways_disk_does_not_take_is_said_to_sound_and_is_sent_again(
    school: Glass, dispatcher: Client
) -> None:
    page, presses = school.page, Presses(school.page)
    words = "The alarm sounds. The gateway's disk does not take it yet: tell district IT that it is full or broken."

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


async def test_an_all_clear_that_is_on_no_disk_yet_says_whom_to_tell(school: Glass, dispatcher: Client) -> None:
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
    await accessible(page, "a disk that takes nothing")
    await fault.get_by_role("button").click()
    await expect(fault).to_have_count(0)


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


async def test_a_trigger_that_nobody_has_tried_for_minutes_is_sent_only_after_a_question_and_says_it_is_late(
    school: Glass, dispatcher: Client
) -> None:
    page = school.page
    mend = await unreachable(page)
    await hold(page)
    await expect(page.get_by_test_id("pending")).to_contain_text("NOT SENT YET")
    # The page was closed for an hour: its storage is that of an hour ago.
    kept = json.loads(await page.evaluate("key => localStorage.getItem(key)", KEPT))
    kept["press"]["at"] = kept["tried_at"] = time.time() - 3600
    # A page that is being left still tries for a moment, past the cut: this one has nothing left to try.
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


async def test_a_trigger_that_was_called_off_is_not_sent_when_the_network_is_back(
    school: Glass, dispatcher: Client
) -> None:
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


async def test_a_drill_that_is_being_held_never_turns_into_a_real_alarm(
    school: Glass, district: District, dispatcher: Client
) -> None:
    """The end of a test in the middle of the hold sets the form back to REAL."""
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


async def test_all_clear_that_was_asked_before_a_new_alarm_does_not_end_it(
    school: Glass, district: District, dispatcher: Client
) -> None:
    page = school.page
    await hold(page)
    await page.get_by_test_id("all-clear").click()
    await expect(page.get_by_test_id("all-clear-confirm")).to_be_visible()
    client = await district.client("coordinator")
    await client.post("/api/incidents", {"site": "lincoln", "kind": "real", "room": ROOM})
    await expect(page.get_by_test_id("all-clear-confirm")).to_be_hidden()
    await expect(page.get_by_text("A new alarm has come. All clear was not sent.")).to_be_visible()
    await page.get_by_test_id("all-clear").click()
    await page.get_by_test_id("all-clear-confirm").click()
    await expect(page.locator("sl-alarm")).to_have_count(0)


async def test_police_who_do_not_confirm_are_said_to_the_school_with_what_to_do(
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

    # Another room alarms again, and is to be confirmed again.
    await expect(page.get_by_text("Danger in another room?")).to_be_visible()
    await page.get_by_test_id("room").select_option("lincoln-room-101")
    await hold(page)
    await expect(said).to_have_attribute("data-state", "waiting")
    rows = page.get_by_test_id("triggers").get_by_role("listitem")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("101")
    await expect(rows.last).to_contain_text("204")
    await expect(rows.last).to_contain_text("School coordinator 1")


async def test_the_school_says_that_it_has_seen_a_buttons_alarm_and_confirms_nothing(
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


async def test_nobody_is_sent_to_911_for_a_drill(school: Glass, dispatcher: Client) -> None:
    page = school.page
    await page.get_by_label("DRILL").check()
    await hold(page)
    said = page.get_by_test_id("confirmation")
    await expect(said).to_contain_text("Police have not confirmed this drill.", timeout=CONFIRM_WITHIN * 1000 + 2000)
    await expect(said).to_contain_text("There is no danger")
    assert "911" not in await school.text()


async def test_a_page_that_hears_nothing_does_not_say_that_police_have_not_confirmed(
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
