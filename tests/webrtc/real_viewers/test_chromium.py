import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page

from gateway.models import CloseReason
from gateway.webrtc.transport.route import Address
from gateway.webrtc.transport.udp import MediaPort
from rig.chromium import EXECUTABLE, chromium
from tests.webrtc.peers import Gateway, playing_gateway

PAGE = """<!doctype html><video muted autoplay playsinline></video><script>
const shown = [], video = document.querySelector("video"), peer = new RTCPeerConnection();
let target = 0;
async function play(without = / $/) {
  const began = performance.now();
  peer.addTransceiver("video", {direction: "recvonly"});
  peer.ontrack = event => { video.srcObject = new MediaStream([event.track]); };
  const look = (now, frame) => {
    shown.push({rtp: frame.rtpTimestamp, after: performance.now() - began, width: frame.width});
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  await peer.setLocalDescription();
  const answer = await fetch("/whep", {method: "POST", body: peer.localDescription.sdp});
  const lines = (await answer.text()).split("\\r\\n").filter(line => !line.match(without));
  await peer.setRemoteDescription({type: "answer", sdp: lines.join("\\r\\n")});
}
async function stats() {
  for (const entry of (await peer.getStats()).values()) if (entry.type === "inbound-rtp") return {...entry};
}
</script>"""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not Path(EXECUTABLE).exists(), reason="needs Debian's chromium"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@asynccontextmanager
async def _page(browser: Browser, gateway: Gateway, without: str = "") -> AsyncIterator[Page]:
    """Open a page that plays. ``without`` is a regular expression for lines that are removed from the answer."""

    async def html(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def whep(request: web.Request) -> web.Response:
        opened = await gateway.open(await request.text())
        return web.Response(status=201, text=opened.answer, content_type="application/sdp")

    app = web.Application()
    app.add_routes([web.get("/", html), web.post("/whep", whep)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        await page.evaluate(f"play({without})")
        yield page
        await page.close()
    finally:
        await runner.cleanup()


async def _decoded(page: Page, frames: int) -> dict[str, Any]:
    """Return the stream's statistics after this many more frames have been shown."""
    await page.evaluate(f"target = shown.length + {frames}")
    await page.wait_for_function("shown.length >= target", timeout=15_000)
    stats: dict[str, Any] = await page.evaluate("stats()")
    return stats


async def test_chromium_plays_and_names_a_timestamp_that_was_sent(browser: Browser) -> None:
    async with playing_gateway() as gateway:
        gateway.camera.show(20)
        sent = {group.rtp for group in gateway.camera.stream.gop()}
        gateway.camera.stream.subscribe(lambda group: sent.add(group.rtp))
        async with _page(browser, gateway) as page:
            stats = await _decoded(page, 20)
            shown: list[dict[str, Any]] = await page.evaluate("shown")
            assert {frame["rtp"] for frame in shown} <= sent
            assert stats["framesDecoded"] >= 20
            assert stats["packetsLost"] == 0
            assert gateway.figure("send_path", cipher="AEAD_AES_256_GCM", batching="gso") == 1


async def test_chromium_reports_its_estimate_even_without_a_header_extension(browser: Browser) -> None:
    async with playing_gateway() as gateway, _page(browser, gateway) as page:
        await _decoded(page, 3)
        async with asyncio.timeout(10):
            while gateway.plane.sessions()[0].bitrate_estimate is None:  # noqa: ASYNC110  # no event is set
                await asyncio.sleep(0.02)


async def test_chromium_gets_lost_packets_again(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing_gateway() as gateway:
        lose = itertools.cycle([False] * 9 + [True])
        send_run = MediaPort.send_run

        def lossy(port: MediaPort, packets: bytes, count: int, size: int, address: Address) -> bool:
            return (count > 1 and next(lose)) or send_run(port, packets, count, size, address)

        monkeypatch.setattr(MediaPort, "send_run", lossy)
        async with _page(browser, gateway) as page:
            stats = await _decoded(page, 45)
            assert stats["nackCount"] > 0
            assert stats["keyFramesDecoded"] >= 2


async def test_chromium_continues_after_the_picture_is_restarted(browser: Browser) -> None:
    async with playing_gateway() as gateway, _page(browser, gateway) as page:
        before = await _decoded(page, 10)
        while len(gateway.camera.stream.gop()) < 10:
            await gateway.clock.sleep(0.01)
        [view] = gateway.plane.sessions()
        session = gateway.plane.session(view.id)
        assert session is not None
        assert session.feed is not None
        session.feed.begin(gateway.camera.stream.gop(), gateway.clock.monotonic())
        after = await _decoded(page, 20)
        assert after["framesDecoded"] >= before["framesDecoded"] + 20
        assert after["packetsLost"] == 0
        [*_, last] = await page.evaluate("shown.map(frame => frame.rtp)")
        newest = gateway.camera.stream.gop()[-1].rtp
        assert (newest - last) & 0xFFFFFFFF < 45_000  # at most half a second behind: it has caught up


async def test_chromium_notices_the_end_of_the_session_at_once(browser: Browser) -> None:
    async with playing_gateway() as gateway, _page(browser, gateway) as page:
        await _decoded(page, 3)
        [view] = gateway.plane.sessions()
        await gateway.plane.close(view.id, CloseReason.INCIDENT_ENDED)
        await page.wait_for_function("peer.getReceivers()[0].transport.state === 'closed'", timeout=2_000)


async def test_chromium_plays_over_tcp_if_there_is_no_udp(browser: Browser) -> None:
    async with playing_gateway() as gateway, _page(browser, gateway, without="/^a=candidate.* udp /") as page:
        stats = await _decoded(page, 30)
        assert stats["framesDecoded"] >= 30
        assert stats["packetsLost"] == 0
        assert gateway.figure("tcp_connections") == 1
        [view] = gateway.plane.sessions()
        await gateway.plane.close(view.id, CloseReason.INCIDENT_ENDED)
        await page.wait_for_function("peer.getReceivers()[0].transport.state === 'closed'", timeout=2_000)
    assert gateway.figure("dropped_total", where="tcp_connection") == 0
