"""One page with one tile, watched from outside: what is on its glass, what its browser receives, and over which path.

Frames on the glass are read from the page, one by one. A machine that is busy with other work also freezes a picture.
The page's own clock shows such moments, which are not the link's fault.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any, cast

from playwright.async_api import Browser, Request

from rig.district import District
from rig.glass import Glass, Tile
from rig.processes import until
from tests.net.conftest import CAMERA

STALL = 0.15  # if a 20 ms timer is late by this much, the machine stood still, not the link

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
  const found = {};
  if (!peer) return found;
  const report = await peer.getStats();
  for (const entry of report.values()) {
    if (entry.type === "inbound-rtp") Object.assign(found, entry);
    if (entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded") {
      const { candidateType, protocol } = report.get(entry.localCandidateId);
      Object.assign(found, { candidateType, protocol });
    }
  }
  return found;
}
"""


class Watch:
    """One tile, what is on its glass, and what its page requests from the gateway."""

    def __init__(self, glass: Glass) -> None:
        self.glass = glass
        self.tile: Tile = glass.tile(CAMERA)
        self.offers = 0  # of this camera's sessions, since the tile has been the only one
        self.restarts = 0
        glass.page.on("request", self._requested)

    def _requested(self, request: Request) -> None:
        self.offers += request.method == "POST" and f"/whep/{CAMERA}" in request.url
        self.restarts += request.method == "PATCH"

    async def received(self) -> dict[str, Any]:
        """Return what the browser reports about the stream that it receives, and about the stream's path."""
        return cast(dict[str, Any], await self.glass.page.evaluate(RECEIVED))

    async def gaps(self) -> list[float]:
        """Return the seconds between frames, longest first, without the time in which the machine stood still."""
        stalls = cast(list[tuple[float, float]], await self.glass.page.evaluate("window.stalls"))
        found = []
        for before, after in pairwise(frame["at"] for frame in await self.tile.frames()):
            still = sum(max(0.0, min(after, end) - max(before, begin)) for begin, end in stalls)
            found.append((after - before - still) / 1000)
        return sorted(found, reverse=True)

    async def moves_after(self, moment: float, within: float, width: int = 0) -> float:
        """Return the seconds from ``moment`` (since 1970) to the first of five frames, of this ``width`` if given."""

        async def moving() -> list[dict[str, Any]]:
            frames = [frame for frame in await self.tile.frames() if frame["at"] / 1000 > moment]
            wanted = [frame for frame in frames if not width or frame["width"] == width]
            return wanted if len(wanted) >= 5 else []

        frames = await until(moving, within, f"frames {'of another width ' if width else ''}on the glass")
        return float(frames[0]["at"] / 1000 - moment)


@asynccontextmanager
async def watching(browser: Browser, district: District, script: str = "") -> AsyncIterator[Watch]:
    """Open a LIVE tile, the only one on its page."""
    glass = await Glass.sign_in(browser, district, "dispatcher", script=WATCH + script)
    watch = Watch(glass)
    try:
        await watch.tile.open()
        await watch.tile.says("live", 10)
        await glass.close_others(CAMERA)
        watch.offers = watch.restarts = 0
        yield watch
        await watch.tile.never_stale()
        await watch.tile.close()  # tells the gateway, which would otherwise keep sending to it for a few seconds
        assert glass.errors == []
    finally:
        await glass.close()
