"""A link that becomes too narrow for the main stream, then wide again: Chromium on the real pages."""

import asyncio
import time

import pytest
from playwright.async_api import Browser

from rig.district import District
from rig.glass import Glass
from tests.net.conftest import CAMERA
from tests.net.link import Link
from tests.net.model import Conditions
from tests.net.watch import watching

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.quiet,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(150),
]

OPENS_WITHIN = 6.0
DOWN_WITHIN = 5.0
UP_WITHIN = 60.0
WITHOUT_A_GAP = (
    1.0  # seconds between two frames: the keyframe is paced to what is known about the link, which takes half a second
)
MAIN = 1_500_000  # bit/s
NARROW = Conditions(delay=0.02, rate=400_000, queue=32 * 1024)


@pytest.mark.parametrize("queue", [32 * 1024, 256 * 1024], ids=["short queue", "long queue"])
async def test_a_picture_opened_on_a_400_kbit_s_link_is_the_substream_and_soon_live(
    browser: Browser, district: District, link: Link, queue: int
) -> None:
    """Even a queue with room for five seconds is not filled while the gateway does not know what the link can carry."""
    await district.fault(CAMERA, bitrate=MAIN, noise=8)
    glass = await Glass.sign_in(browser, district, "dispatcher")
    tile = glass.tile(CAMERA)
    await tile.open()
    await tile.says("live", 10)
    await glass.close_others(CAMERA)
    await tile.close()
    link.down.conditions = link.up.conditions = Conditions(delay=0.02, rate=400_000, queue=queue)
    before, began = link.down.overflowed, time.time()
    await tile.forget()
    await tile.open()
    await tile.says("live", OPENS_WITHIN)
    print(f"LIVE {time.time() - began:.1f} s after the click; {link.down.overflowed - before} packets did not fit")
    await tile.says_words("SMALLER PICTURE", 1)
    assert link.down.overflowed - before < 100
    await tile.never_stale()
    link.down.conditions = link.up.conditions = Conditions()
    await tile.close()
    assert glass.errors == []
    await glass.close()


async def test_a_link_cut_to_400_kbit_s_gets_the_substream_and_later_the_main_stream_again(
    browser: Browser, district: District, link: Link
) -> None:
    await district.fault(CAMERA, bitrate=MAIN, noise=8)
    async with watching(browser, district) as watch:
        main = (await watch.tile.frames())[-1]["width"]
        before = link.bytes
        await asyncio.sleep(4)  # two groups of pictures
        print(f"main stream: {8 * (link.bytes - before) / 4000:.0f} kbit/s")
        link.down.conditions = NARROW
        cut_at = time.time()
        down = await watch.moves_after(cut_at, 12, width=main // 2)
        print(f"substream {down:.1f} s after the cut")
        assert down < DOWN_WITHIN
        await watch.tile.says_words("SMALLER PICTURE", 2)
        await watch.tile.says("live", 5)
        link.down.conditions = Conditions(delay=0.02)
        await watch.tile.forget()
        widened_at = time.time()
        up = await watch.moves_after(widened_at, UP_WITHIN, width=main)
        gap = (await watch.gaps())[0]
        print(f"main stream {up:.1f} s after it was wide again; longest between two frames meanwhile {gap:.2f} s")
        assert gap < WITHOUT_A_GAP
        assert "SMALLER PICTURE" not in await watch.tile.words()
        assert watch.offers == 0
