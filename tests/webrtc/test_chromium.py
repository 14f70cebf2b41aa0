import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, async_playwright

from gateway.errors import BadRequest
from tests.webrtc.peers import Gateway, playing_gateway

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
]
PAGE = """<!doctype html><video muted autoplay playsinline></video><script>
const shown = [], video = document.querySelector("video"), peer = new RTCPeerConnection();
let state = "new";
async function play() {
  const began = performance.now();
  peer.addTransceiver("video", {direction: "recvonly"});
  peer.ontrack = event => { video.srcObject = new MediaStream([event.track]); };
  peer.onconnectionstatechange = () => { state = peer.connectionState; };
  const look = (now, frame) => {
    shown.push({rtp: frame.rtpTimestamp, after: performance.now() - began, width: frame.width});
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  await peer.setLocalDescription();
  const answer = await fetch("/whep", {method: "POST", body: peer.localDescription.sdp});
  await peer.setRemoteDescription({type: "answer", sdp: await answer.text()});
}
async function stats() {
  for (const entry of (await peer.getStats()).values()) if (entry.type === "inbound-rtp") return {...entry};
}
</script>"""

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


async def _serve(gateway: Gateway) -> tuple[web.AppRunner, str]:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def whep(request: web.Request) -> web.Response:
        try:
            opened = await gateway.open(await request.text())
        except BadRequest as error:
            return web.Response(status=400, text=error.detail)
        return web.Response(status=201, text=opened.answer, content_type="application/sdp")

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/whep", whep)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/"


async def test_chromium_plays_and_names_a_timestamp_that_was_sent(browser: Browser) -> None:
    async with playing_gateway() as gateway:
        gateway.camera.show(20)
        sent: set[int] = {group.rtp for group in gateway.camera.stream.gop()}
        gateway.camera.stream.subscribe(lambda group: sent.add(group.rtp))
        runner, url = await _serve(gateway)
        try:
            page = await browser.new_page()
            await page.goto(url)
            await page.evaluate("play()")
            await page.wait_for_function("shown.length > 20")
            shown: list[dict[str, Any]] = await page.evaluate("shown")
            stats: dict[str, Any] = await page.evaluate("stats()")
            assert {frame["rtp"] for frame in shown} <= sent
            assert stats["framesDecoded"] >= 20
            assert stats["packetsLost"] == 0
            view = gateway.plane.sessions()[0]
            assert gateway.figure("send_path", cipher="AEAD_AES_256_GCM", batching="gso") == 1
            assert view.packets >= 20
        finally:
            await runner.cleanup()
