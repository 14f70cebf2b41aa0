"""``python -m bench glass`` measures how soon a picture is on the screen, with the real gateway and Chromium.

Measures the time from the click to the first picture and to the first LIVE one, and from the trigger of a lockdown (the
console's request) to the first picture that opens by itself. Simulated cameras send a keyframe every four seconds, so a
picture that starts at the last keyframe may have up to four seconds to catch up.
"""

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

from rig.chromium import chromium
from rig.district import Client, District
from rig.glass import Glass, Tile
from rig.processes import until

COLUMNS = ("times", "p50_ms", "p95_ms", "most_ms")
GOP = 4.0
SITE, ROOM = "lincoln", "lincoln-room-101"
CAMERAS = ("lincoln-lobby", "lincoln-main-entrance", "lincoln-hallway-west", "lincoln-gym")
WAITS = 0.2, 1.5  # seconds between two clicks, so that they fall at any point between two keyframes

# The first frame, and the first LIVE one, of every camera since the click, in wall-clock milliseconds that are
# monotonic within a page. The tests' pixel reader is turned off, because it would cost more than what is measured.
FIRSTS = """
  window.frames_unread = { has: () => true };
  window.firsts = {};
  document.addEventListener("sightline-frame", ({ detail }) => {
    const now = performance.timeOrigin + performance.now();
    const first = (window.firsts[detail.camera] ??= { picture: now, live: null });
    if (detail.state === "live") first.live ??= now;
  });
"""
CLICK = """
  (button) => {
    window.firsts = {};
    const now = performance.timeOrigin + performance.now();
    button.click();
    return now;
  }
"""


async def measure(clicks: int, triggers: int) -> dict[str, dict[str, float]]:
    """Return the figures in milliseconds. Raises AssertionError if no picture appears at all."""
    found: dict[str, list[float]] = {"click_to_picture": [], "click_to_live": [], "trigger_to_picture": []}
    with tempfile.TemporaryDirectory() as directory:
        district = District(Path(directory), gop=GOP)
        try:
            district.start_school()
            district.start_gateway()
            coordinator = await district.client("coordinator")
            async with chromium() as browser:
                glass = await Glass.sign_in(browser, district, "dispatcher", script=FIRSTS)
                await asyncio.sleep(2 * GOP)
                await _click(glass, coordinator, clicks, found)
                for _ in range(triggers):
                    found["trigger_to_picture"].append(await _trigger(glass, coordinator))
        finally:
            await district.stop()
    return {name: _summary(values) for name, values in found.items()}


async def _click(glass: Glass, coordinator: Client, clicks: int, found: dict[str, list[float]]) -> None:
    """Open and close a tile ``clicks`` times, in an incident that opens no tiles by itself."""
    dice = random.Random(0)
    _, incident = await coordinator.post("/api/incidents", {"site": SITE, "kind": "real"})
    await asyncio.sleep(1)
    await _close_all(glass)
    for number in range(clicks + 1):
        tile = glass.tile(CAMERAS[number % len(CAMERAS)])
        clicked = await glass.page.get_by_test_id(f"open-{tile.camera}").evaluate(CLICK)
        first = await until(lambda tile=tile: _first(tile, "live"), 15, "a LIVE picture")
        if number:  # the first one warms the browser up
            found["click_to_picture"].append(first["picture"] - clicked)
            found["click_to_live"].append(first["live"] - clicked)
        await _close_all(glass)
        await asyncio.sleep(dice.uniform(*WAITS))
    await coordinator.post(f"/api/incidents/{incident['id']}/all-clear")


async def _trigger(glass: Glass, coordinator: Client) -> float:
    """Return the milliseconds from the console's request to the first picture that opens by itself."""
    await asyncio.sleep(1)
    await _close_all(glass)
    await glass.page.evaluate("window.firsts = {}")
    asked = time.time() * 1000
    _, incident = await coordinator.post("/api/incidents", {"site": SITE, "kind": "real", "room": ROOM})
    await until(lambda: glass.page.evaluate("Object.keys(window.firsts).length >= 4"), 15, "four pictures")
    first = await glass.page.evaluate("Math.min(...Object.values(window.firsts).map(f => f.picture))")
    await coordinator.post(f"/api/incidents/{incident['id']}/all-clear")
    return float(first) - asked


async def _first(tile: Tile, what: str) -> dict[str, float] | None:
    first = await tile.glass.page.evaluate("camera => window.firsts[camera] ?? null", tile.camera)
    return first if first and first[what] is not None else None


async def _close_all(glass: Glass) -> None:
    closing = glass.page.locator("sl-tile button[aria-label^='Close']")
    while await closing.count():
        await closing.first.click()


def _summary(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return {
        "times": len(values),
        "p50_ms": round(statistics.median(values), 1),
        "p95_ms": round(p95, 1),
        "most_ms": round(ordered[-1], 1),
    }
