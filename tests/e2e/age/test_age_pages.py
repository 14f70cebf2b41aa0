"""Tests the rows of the fault table of docs/age.md about the page, its clock and sleep, the network and the link.

The viewers' media goes through a forwarder (tests/net/link.py) that tests can slow down."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from rig.district import District, running
from rig.glass import Glass, Tile
from rig.processes import free_port, until
from tests.e2e.marks import ALONE
from tests.net.link import Link
from tests.net.model import Conditions

pytestmark = ALONE

SLACK = 1.5
LOBBY = "lincoln-lobby"
SLEEP = 6.0
RECOVERS = 30.0  # Chromium shrinks its buffer slowly

# Makes the page's Date wrong by this many milliseconds. performance.now and performance.timeOrigin stay right.
WRONG_CLOCK = """
(() => {
  const True = Date;
  window.Date = class extends True {
    constructor(...given) { given.length ? super(...given) : super(True.now() + %d); }
    static now() { return True.now() + %d; }
  };
})();
"""

# Headless Chromium shows every tab, so the test itself tells the page whether it is visible.
VISIBILITY = """
(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""

# Makes every second callback for a frame late by more than the interval between frames, once window.slow is true.
SLOW_PAGE = """
(() => {
  const request = HTMLVideoElement.prototype.requestVideoFrameCallback;
  let number = 0;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
    return request.call(this, (now, frame) => {
      const until = performance.now() + (window.slow && number++ % 2 ? 100 : 0);
      while (performance.now() < until);
      callback(now, frame);
    });
  };
})();
"""

# Records every change of a tile's words, with the page's time in seconds.
WATCH = """
(camera) => {
  const find = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.dataset.testid === `tile-${camera}`) return element;
      const found = element.shadowRoot && find(element.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  const tile = find(document);
  window.said = [];
  const note = () => {
    const state = tile.dataset.state;
    if (window.said.at(-1)?.state === state) return;
    window.said.push({ at: performance.timeOrigin + performance.now(), state });
  };
  note();
  new MutationObserver(note).observe(tile, { attributes: true, attributeFilter: ["data-state"] });
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def link() -> AsyncIterator[Link]:
    async with Link(("127.0.0.1", free_port())) as link:
        yield link


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path, link: Link) -> AsyncIterator[District]:
    """A real incident, and a gateway whose viewers know only the link's address of its media port."""
    settings: dict[str, object] = {"media.advertise": [f"127.0.0.1:{link.port}"]}
    district = District(directory, settings=settings, media_port=link.gateway[1])
    async with running(district):
        await district.lock_down()
        yield district


@pytest_asyncio.fixture(loop_scope="module")
async def tile(browser: Browser, district: District, link: Link) -> AsyncIterator[Tile]:
    """Open a page with one LIVE tile, alone on the link."""
    glass = await Glass.sign_in(browser, district, "dispatcher")
    tile = glass.tile(LOBBY)
    await tile.open()
    await tile.says("live", 5 + SLACK)
    await glass.close_others(LOBBY)
    await glass.page.evaluate(WATCH, LOBBY)
    yield tile
    link.down.conditions = Conditions()
    assert glass.errors == []
    await glass.close()


async def said(tile: Tile, since: float) -> list[dict[str, Any]]:
    """Return what the tile has said since the time ``since``, beginning with its state at that time. Times are in
    milliseconds since 1970.
    """
    changes = cast(list[dict[str, Any]], await tile.glass.page.evaluate("window.said"))
    before = [change for change in changes if change["at"] < since]
    return before[-1:] + [change for change in changes if change["at"] >= since]


async def live_again(tile: Tile, since: float) -> None:
    """Wait until the tile is LIVE by itself, and check that it was never LIVE without a fresh frame on the glass."""
    await tile.says("live", 15)
    changes = (await said(tile, since))[1:]
    assert "not_live" in [change["state"] for change in changes], changes
    frames = [frame for frame in await tile.frames() if frame["at"] > since]
    for change in changes:
        if change["state"] == "live":
            # The tile updates its words five times a second, so they may follow their frame by that much.
            fresh = [frame for frame in frames if change["at"] - 500 <= frame["at"] <= change["at"] + 100]
            assert fresh, change
    await tile.never_stale()


@pytest.mark.parametrize("wrong_by", [10, -10])
async def test_a_wrong_clock_on_the_pages_machine_makes_no_difference(
    browser: Browser, district: District, wrong_by: int
) -> None:
    script = WRONG_CLOCK % (wrong_by * 1000, wrong_by * 1000)
    glass = await Glass.sign_in(browser, district, "dispatcher", script=script)
    assert await glass.page.evaluate("Date.now() - performance.timeOrigin - performance.now()") == pytest.approx(
        wrong_by * 1000, abs=500
    )
    tile = glass.tile(LOBBY)
    await tile.open()
    await tile.says("live", 5 + SLACK)
    await tile.forget()

    async def enough() -> bool:
        return len(await tile.frames()) >= 40

    await until(enough, 10, "40 frames")
    frames = [frame for frame in await tile.frames() if frame["trueAge"] is not None]
    assert {frame["state"] for frame in frames} == {"live"}
    errors = sorted(abs(frame["captureAge"] - frame["trueAge"]) for frame in frames)
    assert errors[int(0.95 * (len(errors) - 1))] < 0.150
    await tile.keeps_its_word()
    await glass.close()


async def test_on_a_slow_page_ages_are_compared_with_the_pictures_they_describe(
    browser: Browser, district: District
) -> None:
    glass = await Glass.sign_in(browser, district, "dispatcher", script=SLOW_PAGE)
    tile = glass.tile(LOBBY)
    await tile.open()
    await tile.says("live", 5 + SLACK)
    await glass.close_others(LOBBY)
    await glass.page.evaluate("window.slow = true")
    await tile.forget()

    async def enough() -> bool:
        overtaken = [frame for frame in await tile.frames() if not frame["described"]]
        return len(overtaken) >= 10 and len(await tile.keeps_its_word()) >= 20

    await until(enough, 10, "pictures that the page has looked at in time, and some that it has not")
    await tile.never_stale()
    await glass.close()


async def test_a_page_that_slept_is_not_live_until_a_fresh_frame_is_on_the_glass(browser: Browser, tile: Tile) -> None:
    devtools = await browser.new_browser_cdp_session()
    processes = (await devtools.send("SystemInfo.getProcessInfo"))["processInfo"]
    pages = [process["id"] for process in processes if process["type"] == "renderer"]
    slept_at = time.time()
    try:
        for page in pages:
            os.kill(page, signal.SIGSTOP)
        await asyncio.sleep(SLEEP)
    finally:
        for page in pages:
            os.kill(page, signal.SIGCONT)
    await live_again(tile, slept_at * 1000)
    during = [f for f in await tile.frames() if slept_at + 0.5 < f["at"] / 1000 < slept_at + SLEEP]
    assert not during, "it did not sleep"


async def test_a_tab_that_was_hidden_is_not_live_until_a_fresh_frame_is_on_the_glass(tile: Tile) -> None:
    page = tile.glass.page
    hidden_at = time.time()
    await page.evaluate(VISIBILITY, "hidden")
    await asyncio.sleep(1)
    await page.evaluate(VISIBILITY, "visible")
    await live_again(tile, hidden_at * 1000)


async def test_a_tile_is_not_live_while_the_gateway_cannot_be_reached_and_recovers(
    tile: Tile, district: District
) -> None:
    gateway = district.processes[-1].process
    gateway.send_signal(signal.SIGSTOP)
    stopped_at = time.time()
    try:
        await tile.says("not_live", 3 + SLACK)
        print(f"NOT LIVE {time.time() - stopped_at:.2f} s after the gateway was out of reach")
        await tile.counts()
        row = tile.glass.page.get_by_test_id(f"open-{LOBBY}")
        await expect(row).to_contain_text("Not known: no connection")
        await expect(tile.glass.page.locator(".cameras .ok")).to_have_count(0)
        await asyncio.sleep(3)
    finally:
        gateway.send_signal(signal.SIGCONT)
    await expect(row).to_contain_text("Live")
    await live_again(tile, stopped_at * 1000)


async def test_a_tile_is_not_live_while_media_is_cut_off_and_recovers(tile: Tile, link: Link) -> None:
    link.down.conditions = Conditions(loss=1.0)
    cut_at = time.time()
    await tile.says("not_live", 3 + SLACK)
    await tile.counts()
    await asyncio.sleep(3)
    link.down.conditions = Conditions()
    await live_again(tile, cut_at * 1000)


async def test_frames_that_queue_on_a_slow_link_show_their_true_age(tile: Tile, district: District, link: Link) -> None:
    await district.fault(LOBBY, bitrate=1_000_000, noise=8)
    await asyncio.sleep(2)  # a group of pictures of that size
    wide = max(frame["width"] for frame in await tile.frames())
    link.down.conditions = Conditions(rate=400_000, queue=256 * 1024)  # 5 s of it
    await tile.forget()

    async def queued() -> bool:
        return len([frame for frame in await tile.frames() if (frame["trueAge"] or 0) > 1.0]) > 10

    await until(queued, 15, "frames that are late")

    async def narrowed() -> bool:
        return await tile.state() == "live" and bool((await tile.frames())[-1]["width"] < wide)

    await until(narrowed, 30, "the substream, LIVE on the slow link")
    link.down.conditions = Conditions()
    await tile.says("live", RECOVERS)
    frames = await tile.keeps_its_word()
    print(f"the oldest of {len(frames)} frames was {max(frame['trueAge'] for frame in frames):.1f} s old")
    await tile.never_stale()
    await district.fault(LOBBY)
