"""Tokens live for five seconds here. The page renews them without a gap; a viewer that does not is cut off in time."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest_asyncio
from playwright.async_api import Browser

from rig.district import District, running
from rig.glass import Glass
from rig.processes import until
from tests.e2e.marks import ALONE
from tests.e2e.viewer import Viewer

pytestmark = ALONE

LIFETIME = 5.0
LOBBY = "lincoln-lobby"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    district = District(directory, settings={"tokens.lifetime": LIFETIME})
    async with running(district):
        await district.lock_down()
        yield district


async def expired(district: District) -> float:
    """Return how many sessions have ended with their token, according to the gateway."""
    async with aiohttp.ClientSession() as session, session.get(f"{district.url}/metrics") as answer:
        for line in (await answer.text()).splitlines():
            if line.startswith('sightline_sessions_closed_total{reason="token_expired"}'):
                return float(line.rpartition(" ")[2])
    return 0.0


async def test_a_page_renews_its_token_without_a_gap_and_is_cut_off_when_it_cannot(
    browser: Browser, district: District
) -> None:
    glass = await Glass.sign_in(browser, district, "dispatcher")
    tile = glass.tile(LOBBY)
    await tile.open()
    await tile.says("live", 8)
    await tile.forget()
    await asyncio.sleep(3 * LIFETIME)
    frames = await tile.frames()
    gaps = [(b["at"] - a["at"]) / 1000 for a, b in itertools.pairwise(frames)]
    print(
        f"{len(frames)} frames over {3 * LIFETIME:.0f} s of tokens of {LIFETIME:.0f} s, longest gap {max(gaps):.2f} s"
    )
    assert max(gaps) < 1.0
    assert {frame["state"] for frame in frames} == {"live"}
    assert await expired(district) == 0

    for path in ("**/token", "**/api/tokens"):
        await glass.page.route(path, lambda route: route.abort())
    await tile.says("not_live", LIFETIME + 1 + 3 + 1.5)
    assert await expired(district) >= 1
    for path in ("**/token", "**/api/tokens"):
        await glass.page.unroute(path)
    await tile.says("live", 10)
    await glass.close()


async def test_a_viewer_that_does_not_renew_gets_no_packet_a_second_after_its_token_ends(district: District) -> None:
    client = await district.client("patrol")
    _, token = await client.post("/api/tokens", {"site": "lincoln"})
    viewer = await Viewer.open(client, LOBBY, token["token"])
    await until(viewer.has_packets, LIFETIME, "packets")
    await until(viewer.closed, LIFETIME + 3, "the session's end")
    await asyncio.sleep(token["expires_at"] + 1.5 - time.time())
    late = viewer.last_packet_at - token["expires_at"]
    print(f"last SRTP packet {late * 1000:+.0f} ms after the end of its token")
    assert -1.0 < late < 1.0
    auditor = await district.client("auditor")
    _, answer = await auditor.get("/api/record?limit=500")
    ends = [r["reason"] for r in answer["records"] if (r["kind"], r["principal"]) == ("view_closed", "patrol-12")]
    assert ends == ["token_expired"]
    await viewer.stop()
