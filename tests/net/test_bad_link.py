"""A police car's link: Chromium on the real pages, with a link in user space between its media and the gateway's.

What the page has on the glass is read from the page, frame by frame. A machine that is busy elsewhere also freezes a
picture: the page's own clock tells such moments, and they are not the link's.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any, cast

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.e2e.glass import Glass, Tile
from tests.e2e.harness import District
from tests.net.conftest import CAMERA
from tests.net.link import Link
from tests.net.model import Conditions

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

FREEZE = 0.5  # seconds between frames on the glass
STALL = 0.15  # seconds by which a timer of 20 ms is late when the machine, not the link, stands still

# Keeps the page's peer connections, and the moments at which the page itself stood still.
WATCH = (
    f"const STALL = {STALL * 1000};"
    + """
(() => {
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); window.peers.push(this); }
  };
  window.stalls = [];
  let last = performance.timeOrigin + performance.now();
  setInterval(() => {
    const now = performance.timeOrigin + performance.now();
    if (now - last > STALL) window.stalls.push([last, now]);
    last = now;
  }, 20);
})();
"""
)

RECEIVED = """
async () => {
  const peer = window.peers.findLast((peer) => peer.connectionState === "connected");
  const found = { packetsReceived: 0, candidate: "", protocol: "" };
  if (!peer) return found;
  const report = await peer.getStats();
  for (const entry of report.values()) {
    if (entry.type === "inbound-rtp") Object.assign(found, entry);
    if (entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded") {
      const { port, protocol } = report.get(entry.localCandidateId);
      Object.assign(found, { candidate: `${port}`, protocol });
    }
  }
  return found;
}
"""


@pytest_asyncio.fixture(loop_scope="module")
async def tile(browser: Browser, district: District, link: Link) -> AsyncIterator[Tile]:
    """A LIVE tile on a page of its own, alone on a link that is good."""
    glass = await Glass.sign_in(browser, district, "dispatcher", script=WATCH)
    tile = glass.tile(CAMERA)
    await tile.open()
    await tile.says("live", 8)
    yield tile
    link.down.conditions = link.up.conditions = Conditions()
    link.udp_blocked = False
    assert glass.errors == []
    await glass.close()


async def received(tile: Tile) -> dict[str, Any]:
    """What the browser says of the stream that it receives, and of the path that it comes by."""
    return cast(dict[str, Any], await tile.glass.page.evaluate(RECEIVED))


async def freezes(tile: Tile) -> list[float]:
    """Seconds between frames on the glass, those in which the machine stood still shortened by that; longest first."""
    stalls = cast(list[tuple[float, float]], await tile.glass.page.evaluate("window.stalls"))
    times = [frame["at"] for frame in await tile.frames()]
    found = []
    for before, after in pairwise(times):
        still = sum(max(0.0, min(after, end) - max(before, begin)) for begin, end in stalls)
        found.append((after - before - still) / 1000)
    return sorted(found, reverse=True)


async def test_at_five_percent_loss_and_100_ms_round_trip_the_picture_does_not_freeze(tile: Tile, link: Link) -> None:
    link.down.conditions = link.up.conditions = Conditions(delay=0.05, loss=0.05)
    await tile.forget()
    before = link.down.lost
    await asyncio.sleep(20)
    stats = await received(tile)
    gaps = await freezes(tile)
    print(f"{link.down.lost - before} packets lost; asked for again {stats['nackCount']}; {len(gaps)} frames,")
    print(f"longest between two {gaps[0]:.3f} s, then {gaps[1]:.3f} s")
    assert link.down.lost - before > 20
    assert sum(gaps) > 18, "seconds in which frames came"
    assert gaps[0] < FREEZE
    await tile.never_stale()
    await tile.says("live", 0.1)
