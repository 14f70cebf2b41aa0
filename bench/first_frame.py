"""Measures the time from the click to the first frame that ``requestVideoFrameCallback`` reports, in Chromium, with the
same page for every server. Keyframes are four seconds apart, and clicks fall at any point between two of them.
"""

import asyncio
import random
import time
from typing import Any

import aiohttp
import numpy as np
from playwright.async_api import Error

from bench.servers.server import Server
from rig.chromium import chromium

PATIENCE = 12.0
PAUSE = 0.3, 1.6  # seconds between two clicks
PAGE = "<!doctype html><title>Bench</title><video muted autoplay playsinline></video>"
CLICK = """
  async ({ url, token }) => {
    const clicked = performance.now(), video = document.querySelector("video");
    const peer = (window.peer = new RTCPeerConnection());
    const first = new Promise((shown) => video.requestVideoFrameCallback((now) => shown(now - clicked)));
    peer.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); };
    const transceiver = peer.addTransceiver("video", { direction: "recvonly" });
    const { codecs } = RTCRtpReceiver.getCapabilities("video");
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /H264|rtx/i.test(mimeType)));
    await peer.setLocalDescription(await peer.createOffer());
    await peer.setRemoteDescription({ type: "answer", sdp: await window.whep(url, token, peer.localDescription.sdp) });
    return await first;
  }
"""


async def measure(server: Server, cameras: int, clicks: int) -> list[float]:
    """Return the milliseconds for every click, or ``PATIENCE`` if no frame appeared. The first click is a warm-up and
    is left out.
    """
    dice, found = random.Random(0), list[float]()
    async with aiohttp.ClientSession() as http, chromium() as browser:

        async def whep(url: str, token: str, offer: str) -> str:
            headers = {"Content-Type": "application/sdp"} | ({"Authorization": f"Bearer {token}"} if token else {})
            async with http.post(url, data=offer, headers=headers) as answer:
                return await answer.text()

        page = await browser.new_page()
        await page.expose_function("whep", whep)
        for number in range(clicks + 1):
            await page.set_content(PAGE)
            endpoint = await server.endpoint(number % cameras)
            asked: dict[str, Any] = {"url": endpoint.url, "token": endpoint.token}
            began = time.monotonic()
            try:
                async with asyncio.timeout(PATIENCE):
                    took = float(await page.evaluate(CLICK, asked))
            except (TimeoutError, Error):
                took = 1000 * max(PATIENCE, time.monotonic() - began)
            if number:
                found.append(took)
            await page.evaluate("window.peer?.close()")
            await asyncio.sleep(dice.uniform(*PAUSE))
    return found


def summary(clicks: list[float]) -> dict[str, float]:
    """Return p50, p95 and the maximum, in milliseconds, and the number of clicks that showed nothing."""
    shown = [click for click in clicks if click < 1000 * PATIENCE]
    p50, p95 = np.percentile(clicks, [50, 95])
    return {
        "times": len(clicks),
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "most_ms": round(max(clicks), 1),
        "without_a_frame": len(clicks) - len(shown),
    }
