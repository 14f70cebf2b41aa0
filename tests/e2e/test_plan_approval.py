"""Tests approving a floor plan: the police see what changes, send it back with a reason, and approve it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from rig.district import Client, District, served
from rig.glass import Glass

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

URL = "/api/sites/lincoln/plan"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    async with served(directory, {"plans.approval": "police"}, cameras=False) as district:
        yield district


async def propose(technician: Client) -> None:
    """Save a draft in which a room has another name and one marker is gone, if there is none yet, and propose it."""
    status, draft = await technician.get(f"{URL}/draft")
    assert status == 200
    revision = draft["revision"]
    if revision == 0:
        document = draft["document"]
        markers = [one for one in document["features"] if one["properties"]["type"] == "feature"]
        document["features"].remove(next(one for one in markers if one["properties"].get("floor")))
        room = next(one for one in document["features"] if one["id"] == "lincoln-room-101")
        room["properties"]["name"] = "Robotics"
        url = f"{technician.url}{URL}/draft?revision=0&base={draft['in_use']['number']}"
        headers = {"X-Sightline": "1"}
        async with technician.session.put(url, data=json.dumps(document).encode(), headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            revision = (await answer.json())["revision"]
    status, said = await technician.post(f"{URL}/publish", {"revision": revision, "note": "room 101 has a new use"})
    assert status == 202, said


async def test_the_police_send_a_plan_back_with_a_reason_and_then_approve_it(
    browser: Browser, district: District
) -> None:
    technician = await district.client("district_it")
    glass = await Glass.sign_in(browser, district, "headquarters", 1600, 900)
    page = glass.page
    await expect(page.get_by_test_id("open-lincoln-lobby")).to_be_visible()
    await expect(page.get_by_test_id("plan-proposal")).to_have_count(0)

    await propose(technician)
    await expect(page.get_by_test_id("plan-proposal")).to_contain_text("waits for approval")
    await page.get_by_test_id("review-plan-lincoln").click()
    changes = page.get_by_test_id("proposed-changes")
    await expect(changes).to_contain_text("name: Classroom 101, now Robotics")
    await expect(changes.locator("li")).to_have_count(2)
    dialog = page.get_by_test_id("plan-approval")
    await expect(dialog.locator("figure")).not_to_have_count(0)
    numbers = sorted(set(await dialog.locator(".badge text").all_text_contents()))
    assert numbers == ["1", "2"]
    await expect(page.get_by_test_id("reject-plan")).to_be_disabled()
    await page.get_by_test_id("plan-reason").fill("The marker is still there")
    await page.get_by_test_id("reject-plan").click()
    await expect(page.get_by_test_id("plan-decided")).to_contain_text("sent the plan back")
    await expect(page.get_by_test_id("plan-proposal")).to_have_count(0)
    _, draft = await technician.get(f"{URL}/draft")
    assert (draft["note"], draft["proposal"]) == ("The marker is still there", None)

    await propose(technician)
    await page.get_by_test_id("review-plan-lincoln").click()
    await page.get_by_test_id("approve-plan").click()
    await expect(page.get_by_test_id("plan-decided")).to_contain_text("Every page has it now")
    _, versions = await technician.get(f"{URL}/versions")
    newest = versions["versions"][0]
    assert (newest["number"], newest["published_by"], newest["approved_by"]) == (1, "District IT 1", "Headquarters 1")
    assert glass.errors == []
    await glass.close()


async def test_a_proposal_leaves_the_page_while_an_incident_is_open(browser: Browser, district: District) -> None:
    technician = await district.client("district_it")
    _, draft = await technician.get(f"{URL}/draft")
    status, restored = await technician.post(f"{URL}/restore", {"revision": draft["revision"], "version": 0})
    assert status == 200, restored
    await technician.post(f"{URL}/publish", {"revision": restored["revision"]})
    glass = await Glass.sign_in(browser, district, "dispatcher", 1600, 900)
    await glass.page.get_by_test_id("review-plan-lincoln").click()
    await expect(glass.page.get_by_test_id("plan-approval")).to_contain_text("It brings back version 0")
    await district.lock_down()
    await expect(glass.page.get_by_test_id("plan-approval")).to_have_count(0)
    await expect(glass.page.get_by_test_id("plan-proposal")).to_have_count(0)
    await expect(glass.page.locator("sl-alarm")).to_be_visible()
    await glass.close()
