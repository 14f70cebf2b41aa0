"""Tests what stays visible on a police page in an alarm: pictures, notes and reasons, on small screens too."""

from itertools import pairwise

import pytest
from playwright.async_api import Browser, expect

from rig.district import District
from tests.e2e.alarms.police import KINDERGARTEN, LIBRARY, ROOM_107, Schools, browser, district, page_of, schools
from tests.e2e.marks import E2E

__all__ = ["browser", "district", "schools"]

pytestmark = E2E

CUT = "e => e.scrollHeight > e.clientHeight + 1"
"""A script that returns true for an element whose words are partly hidden."""


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


@pytest.mark.parametrize(("who", "width", "height"), [("patrol", 1024, 768), ("dispatcher", 390, 844)])
async def test_a_note_is_not_cut_off_on_a_small_screen(
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


async def test_on_a_phone_nothing_covers_the_reason_for_a_missing_picture_or_its_button(
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


async def test_an_unreachable_camera_is_not_also_said_to_wait_for_a_keyframe(
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
