"""Tests the floor plan editor: a technician draws, publishes, and the dispatcher's open page has the new plan."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from rig.district import District, served
from rig.example import ROOT
from rig.glass import Glass

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

PLAN: dict[str, Any] = json.loads((ROOT / "config" / "plans" / "lincoln.geojson").read_text())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    async with served(directory, cameras=False) as district:
        yield district


def room(name: str) -> dict[str, Any]:
    return next(one for one in PLAN["features"] if one["properties"].get("name") == name)


class Drawing:
    """Handles the editor's drawing by positions on the earth."""

    def __init__(self, glass: Glass) -> None:
        self.glass = glass
        self.page: Page = glass.page

    @classmethod
    async def open(cls, browser: Browser, district: District) -> "Drawing":
        glass = await Glass.sign_in(browser, district, "district_it", 1600, 900)
        await glass.page.get_by_test_id("draw-lincoln").click()
        await expect(glass.page.get_by_test_id("tool-select")).to_be_visible()
        await expect(glass.page.get_by_test_id("drawn-lincoln-lobby")).to_be_visible()
        return cls(glass)

    async def pixels(self, position: list[float]) -> tuple[float, float]:
        canvas = self.page.locator("sl-plan-canvas")
        x, y = await canvas.evaluate("(canvas, [lon, lat]) => canvas.pixels(lon, lat)", position[:2])
        return float(x), float(y)

    async def click(self, position: list[float]) -> None:
        await self.page.mouse.click(*await self.pixels(position))

    async def middle(self, feature: dict[str, Any]) -> None:
        """Click in the middle of an outline."""
        ring = feature["geometry"]["coordinates"][0][:-1]
        await self.click([sum(position[axis] for position in ring) / len(ring) for axis in (0, 1)])

    async def fill(self, key: str, text: str) -> None:
        await self.page.get_by_test_id(f"field-{key}").fill(text)

    async def saved(self) -> None:
        await expect(self.page.get_by_test_id("saved")).to_have_attribute("data-unsaved", "false")
        await expect(self.page.get_by_test_id("saved")).to_contain_text("Saved at")


async def test_a_technician_draws_a_room_and_the_open_page_of_a_dispatcher_has_it_once_published(
    browser: Browser, district: District
) -> None:
    dispatcher = await Glass.sign_in(browser, district, "dispatcher", 1600, 900)
    old = next(one for one in PLAN["features"] if one["id"] == "lincoln-room-restroom-girls-1")
    name = old["properties"]["name"]
    before = dispatcher.page.locator(f"sl-plan .label > div[title*='{name}']")
    await expect(before.first).to_be_attached()
    labels = await before.count()
    drawing = await Drawing.open(browser, district)
    page = drawing.page
    await drawing.middle(old)
    await expect(page.get_by_test_id("field-name")).to_have_value(name)
    await page.keyboard.press("Delete")
    await expect(page.get_by_test_id("changes")).to_contain_text(f"Removed: room {old['properties']['number']} {name}")
    corners = old["geometry"]["coordinates"][0]
    await page.get_by_test_id("tool-room").click()
    await drawing.click(corners[0])
    await drawing.click(corners[2])
    await drawing.fill("number", "901")
    await drawing.fill("name", "Weaving")
    await drawing.saved()
    await expect(page.get_by_test_id("changes")).to_contain_text("New: room 901 Weaving")
    await expect(page.get_by_test_id("problems")).to_have_text("")
    await page.get_by_test_id("publish-note").fill("the restroom is a music room now")
    await page.get_by_test_id("publish").click()
    await expect(page.get_by_test_id("published")).to_contain_text("Every page has the new plan")
    await expect(dispatcher.page.locator("sl-plan .label > div[title*=Weaving]")).to_have_count(1)
    await expect(before).to_have_count(labels - 1)
    await page.get_by_text("Versions", exact=True).click()
    await expect(page.get_by_test_id("versions")).to_contain_text("the restroom is a music room now")
    assert drawing.glass.errors == dispatcher.errors == []
    await drawing.glass.close()
    await dispatcher.close()


async def test_a_camera_is_turned_by_its_handle_and_undo_turns_it_back(browser: Browser, district: District) -> None:
    drawing = await Drawing.open(browser, district)
    page = drawing.page
    lobby = next(one for one in PLAN["features"] if one["id"] == "lincoln-lobby")
    before = str(lobby["properties"]["heading"])
    await page.get_by_test_id("drawn-lincoln-lobby").click()
    await expect(page.get_by_test_id("field-heading")).to_have_value(before)
    x, y = await drawing.pixels(lobby["geometry"]["coordinates"])
    handle = page.locator("sl-plan-canvas .knob.turn")
    box = await handle.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(x + 60, y, steps=4)
    await page.mouse.up()
    await expect(page.get_by_test_id("field-heading")).to_have_value("90")
    await page.get_by_test_id("undo").click()
    await expect(page.get_by_test_id("field-heading")).to_have_value(before)
    await page.keyboard.press("Control+y")
    await expect(page.get_by_test_id("field-heading")).to_have_value("90")
    await drawing.saved()
    await page.get_by_test_id("discard").click()
    await expect(page.get_by_test_id("saved")).to_contain_text("No draft yet")
    assert drawing.glass.errors == []
    await drawing.glass.close()


async def test_a_door_is_put_into_the_wall_and_a_problem_leads_to_what_it_is_about(
    browser: Browser, district: District
) -> None:
    drawing = await Drawing.open(browser, district)
    page = drawing.page
    outside = sorted(room("Gym")["geometry"]["coordinates"][0][:-1])[-2:]  # the east wall
    corner, other = outside
    x, y = await drawing.pixels([(corner[0] + other[0] * 3) / 4, (corner[1] + other[1] * 3) / 4])
    await page.get_by_test_id("tool-door").click()
    await page.mouse.click(x + 4, y)
    await expect(page.get_by_role("heading", name="Exterior door")).to_be_visible()
    await drawing.fill("number", "1")
    await drawing.saved()
    problem = page.get_by_test_id("problems").get_by_role("button").first
    await expect(problem).to_contain_text("door number 1 is also the number of")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("sheet").select_option(label="Grounds")
    await problem.click()
    await expect(page.get_by_test_id("field-number")).to_have_value("1")
    await expect(page.get_by_test_id("publish")).to_be_disabled()
    await page.get_by_test_id("discard").click()
    await expect(page.get_by_test_id("saved")).to_contain_text("No draft yet")
    assert drawing.glass.errors == []
    await drawing.glass.close()


async def test_two_technicians_do_not_overwrite_each_other(browser: Browser, district: District) -> None:
    one, other = await Drawing.open(browser, district), await Drawing.open(browser, district)
    for drawing in (one, other):
        await drawing.middle(room("Gym"))
        await expect(drawing.page.get_by_test_id("field-name")).to_have_value("Gym")
    await one.fill("name", "Sports hall")
    await one.saved()
    await other.fill("name", "Gymnasium")
    await expect(other.page.get_by_role("alert")).to_contain_text("has changed or published this draft meanwhile")
    await other.page.get_by_role("button", name="Load again").click()
    await expect(other.page.get_by_test_id("changes")).to_contain_text("Sports hall")
    await other.page.get_by_test_id("discard").click()
    for drawing in (one, other):
        assert drawing.glass.errors == []
        await drawing.glass.close()
