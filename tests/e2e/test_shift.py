"""Sign-ins: who is signed in, until when, how it ends, and that nobody works as somebody else."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from rig.district import Client, District, served
from rig.glass import Glass
from rig.processes import until
from tests.e2e.marks import E2E
from tests.e2e.test_accessibility import accessible

pytestmark = E2E

LIFETIME = 606.0
"""How long a sign-in lasts, in seconds, so that its last hour begins at once and its last ten minutes soon after."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    async with served(
        directory, {"tokens.session_lifetime": LIFETIME, "tokens.continuation": 600}, cameras=False
    ) as district:
        yield district


@pytest_asyncio.fixture(loop_scope="module")
async def coordinator(district: District) -> AsyncIterator[Client]:
    """A coordinator's client. Afterwards, end any open incident."""
    client = await district.client("coordinator")
    yield client
    _, joined = await client.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    await client.post(f"/api/incidents/{joined['id']}/all-clear")


async def name_of(page: Page) -> str:
    """Return the name of the person whose cookie the page has."""
    return str(await page.evaluate("async () => (await (await fetch('/api/me')).json()).principal?.name ?? ''"))


async def test_the_end_of_a_shift_is_counted_down_and_one_press_extends_it(
    browser: Browser, district: District
) -> None:
    glass = await Glass.sign_in(browser, district, "dispatcher", 1280, 800)
    bar = glass.page.get_by_test_id("shift")
    await expect(bar).to_have_attribute("data-state", "urgent", timeout=15_000)
    await expect(bar).to_contain_text("Your sign-in ends at")
    await expect(bar).to_contain_text("09:5")
    await bar.get_by_test_id("go-on").click()
    await expect(bar).to_have_attribute("data-state", "offer")
    await expect(bar).to_contain_text("19:5")
    await bar.get_by_test_id("go-on").click()
    await expect(bar).to_contain_text("Ask for a new sign-in link")
    await expect(bar.get_by_test_id("go-on")).to_have_count(0)
    assert glass.errors == []
    await glass.close()


async def test_extending_without_a_network_says_that_it_is_not_confirmed(browser: Browser, district: District) -> None:
    glass = await Glass.sign_in(browser, district, "dispatcher", 1280, 800)
    bar = glass.page.get_by_test_id("shift")
    await expect(bar).to_be_visible()
    await glass.context.set_offline(True)
    await bar.get_by_test_id("go-on").click()
    await expect(bar).to_contain_text("Not confirmed")
    await glass.close()


async def test_a_person_in_an_open_incident_reads_how_long_they_stay_signed_in_without_pressing(
    browser: Browser, district: District, coordinator: Client
) -> None:
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    glass = await Glass.sign_in(browser, district, "dispatcher", 1280, 800)
    bar = glass.page.get_by_test_id("shift")
    await expect(bar).to_have_attribute("data-state", "carried_on")
    await expect(bar).to_contain_text("An incident is open, so you stay signed in until")
    await expect(bar.get_by_test_id("go-on")).to_have_count(0)
    assert glass.errors == []
    await glass.close()


async def test_signing_out_of_an_open_incident_asks_first_and_away_from_day_and_night(
    browser: Browser, district: District, coordinator: Client
) -> None:
    glass = await Glass.sign_in(browser, district, "patrol", 390, 844)
    page = glass.page
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()
    out = await page.get_by_test_id("sign-out").bounding_box()
    day = await page.get_by_label("Change between day and night").bounding_box()
    assert out is not None
    assert day is not None
    assert out["x"] - (day["x"] + day["width"]) > 120, "a thumb that misses day and night does not sign out"

    await page.get_by_test_id("sign-out").click()
    question = page.get_by_test_id("leaving")
    await expect(question).to_contain_text("A REAL incident at Lincoln")
    await accessible(page, "signing out of an incident")
    await page.get_by_test_id("sign-out").click()
    await expect(page.get_by_test_id("stay")).to_be_focused()
    yes = await page.get_by_test_id("sign-out-confirm").bounding_box()
    assert yes is not None
    assert yes["x"] + yes["width"] < out["x"] or yes["y"] > out["y"] + out["height"], "two presses do not sign out"
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    assert await name_of(page) == "Patrol car 12"

    await page.get_by_test_id("sign-out").click()
    await page.get_by_test_id("sign-out-confirm").click()
    await expect(page.get_by_test_id("sign-in")).to_be_visible()
    assert await name_of(page) == ""
    assert glass.errors == []
    await glass.close()


async def test_signing_out_without_a_network_does_not_claim_to_have_signed_out(
    browser: Browser, district: District
) -> None:
    glass = await Glass.sign_in(browser, district, "dispatcher", 1280, 800)
    await glass.context.set_offline(True)
    await glass.page.get_by_test_id("sign-out").click()
    await expect(glass.page.get_by_test_id("leaving")).to_contain_text("You are still signed in.")
    await expect(glass.page.get_by_test_id("sign-in")).to_have_count(0)
    await glass.context.set_offline(False)
    await glass.page.get_by_test_id("sign-out-confirm").click()
    await expect(glass.page.get_by_test_id("sign-in")).to_be_visible()
    await glass.close()


async def test_somebody_elses_link_changes_nothing_on_a_signed_in_desk_before_a_press(
    browser: Browser, district: District, coordinator: Client
) -> None:
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real", "room": "lincoln-room-204"})
    glass = await Glass.sign_in(browser, district, "dispatcher", 1280, 800)
    page = glass.page
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()
    link = await district.invitation("headquarters")
    await page.goto(link)  # only the fragment differs, so the page stays
    offer = page.get_by_test_id("change-over")
    await expect(offer).to_contain_text("You are signed in as Dispatcher 1")
    assert "invite" not in page.url
    assert "invite" not in await page.evaluate("JSON.stringify([location.href, history.state, {...localStorage}])")
    await page.get_by_test_id("stay-signed-in").click()
    await expect(offer).to_have_count(0)
    assert await name_of(page) == "Dispatcher 1"

    await page.goto(link)
    await page.get_by_test_id("change-over-button").click()
    await page.get_by_test_id("notice-accept").click()
    await expect(page.locator("sl-header .who")).to_contain_text("Headquarters 1")
    await expect(page.get_by_test_id("alarm-banner")).to_contain_text("204")
    await expect(page.get_by_test_id("acknowledge")).to_contain_text("Headquarters 1")
    assert await name_of(page) == "Headquarters 1"

    await page.goto(link)
    await page.get_by_test_id("change-over-button").click()
    await expect(offer).to_contain_text("Ask for a new link.")
    assert await name_of(page) == "Headquarters 1"
    assert glass.errors == []
    await glass.close()


async def test_a_link_opened_in_a_new_window_on_a_signed_in_desk_offers_to_change_over(
    browser: Browser, district: District
) -> None:
    glass = await Glass.sign_in(browser, district, "dispatcher", 1280, 800)
    other = await glass.context.new_page()
    await other.goto(await district.invitation("patrol"))
    await expect(other.get_by_test_id("change-over")).to_contain_text("You are signed in as Dispatcher 1")
    await other.get_by_test_id("change-over-button").click()
    await other.get_by_test_id("notice-accept").click()
    await expect(other.locator("sl-patrol")).to_be_visible()
    # The old page no longer belongs to the old person.
    await expect(glass.page.get_by_test_id("sign-in")).to_be_visible(timeout=15_000)
    await glass.close()


async def test_the_code_leaves_the_address_before_it_is_used_and_a_reload_says_how_to_get_it_again(
    browser: Browser, district: District
) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    link = await district.invitation("dispatcher")
    await page.goto(link)
    await expect(page.get_by_test_id("sign-in-button")).to_be_visible()
    assert page.url == f"{district.url}/"
    await page.reload()
    await expect(page.get_by_test_id("sign-in-button")).to_have_count(0)
    await expect(page.get_by_test_id("sign-in")).to_contain_text("Open your sign-in link again.")
    await page.goto(link)
    await page.get_by_test_id("sign-in-button").click()
    await expect(page.get_by_test_id("notice")).to_be_visible()
    await context.close()


async def test_a_person_who_signs_in_after_another_hears_about_the_open_incident(
    browser: Browser, district: District, coordinator: Client
) -> None:
    glass = await Glass.sign_in(browser, district, "dispatcher", 1280, 800)
    page = glass.page
    await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()
    await page.get_by_test_id("sign-out").click()
    await page.get_by_test_id("sign-out-confirm").click()
    await expect(page.get_by_test_id("sign-in")).to_be_visible()
    await page.goto(await district.invitation("headquarters"))
    await page.get_by_test_id("sign-in-button").click()
    await page.get_by_test_id("notice-accept").click()
    await expect(page.get_by_test_id("alarm-banner")).to_be_visible()
    await glass.close()


async def test_the_notice_is_shown_once_per_sign_in_and_its_acceptance_is_recorded(
    browser: Browser, district: District
) -> None:
    glass = await Glass.sign_in(browser, district, "dispatcher", 1280, 800)
    await glass.page.get_by_test_id("go-on").click()
    await glass.page.reload()
    await expect(glass.page.get_by_test_id("shift")).to_be_visible()
    await expect(glass.page.get_by_test_id("notice")).to_have_count(0)
    auditor = await district.client("auditor")

    async def recorded() -> bool:
        _, answer = await auditor.get("/api/record?since=0&limit=50")
        return any(record["kind"] == "notice_accepted" for record in answer["records"])

    await until(recorded, 5, "the acceptance on the record")
    await glass.close()


@pytest.mark.parametrize(("who", "told"), [("dispatcher", True), ("district_it", True), ("patrol", False)])
async def test_a_step_of_the_gateways_clock_is_shown_to_people_who_work_with_its_times(
    browser: Browser, district: District, who: str, told: bool
) -> None:
    glass = await Glass.sign_in(browser, district, who, 1280, 800)
    page = glass.page
    step = {"type": "clock_step", "by": -1200.0, "at": 1_795_769_442.4, "seq": 10**6}

    def between(socket: WebSocketRoute) -> None:
        """Forward the gateway's messages. After its hello, add that its clock was set."""
        server = socket.connect_to_server()

        def heard(message: str | bytes) -> None:
            socket.send(message)
            if json.loads(message)["type"] == "hello":
                socket.send(json.dumps(step))

        server.on_message(heard)

    await page.route_web_socket("**/api/events", between)
    await page.reload()
    words = page.get_by_text("The gateway\u2019s clock was set back by 20 min")
    await expect(page.get_by_test_id("connection")).not_to_contain_text("No connection")
    await expect(words).to_have_count(1 if told else 0)
    await glass.close()
