"""A police car's link: Chromium on the real pages, with a link in user space between its media and the gateway's."""

import asyncio
import time
from collections.abc import Callable

import pytest
from playwright.async_api import Browser

from rig.district import District
from tests.net.link import Link
from tests.net.model import Conditions
from tests.net.watch import Watch, watching

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.quiet,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("good_again"),
]

FREEZE = 0.5  # seconds between frames on the glass
BACK_WITHIN = 2.0
IN_FLIGHT = 0.1  # seconds in which frames that arrived earlier may still reach the glass


async def interruption(watch: Watch, happens: Callable[[], None]) -> float:
    """Return the longest time between two frames around an event, once the picture moves again."""
    await watch.tile.forget()
    await asyncio.sleep(0.5)
    happens()
    happened_at = time.time()
    await watch.moves_after(happened_at + IN_FLIGHT, 10)
    await asyncio.sleep(2)
    return (await watch.gaps())[0]


async def test_at_five_percent_loss_and_100_ms_round_trip_the_picture_does_not_freeze(
    browser: Browser, district: District, link: Link
) -> None:
    async with watching(browser, district) as watch:
        link.down.conditions = link.up.conditions = Conditions(delay=0.05, loss=0.05)
        await watch.tile.forget()
        before, answers_before = link.down.lost, link.up.lost
        await asyncio.sleep(20)
        stats, gaps = await watch.received(), await watch.gaps()
        print(
            f"{link.down.lost - before} packets lost, asked for again {stats['nackCount']} times; {len(gaps)} frames,"
        )
        print(f"longest between two {gaps[0]:.3f} s, then {gaps[1]:.3f} s")
        assert link.down.lost - before > 20
        assert link.up.lost > answers_before, "the browser's reports and requests are lost as well"
        assert sum(gaps) > 18, "seconds in which frames arrived"
        assert gaps[0] < FREEZE
        await watch.tile.says("live", 0.1)


async def test_a_nat_that_rebinds_interrupts_for_less_than_two_seconds_and_ends_no_session(
    browser: Browser, district: District, link: Link
) -> None:
    async with watching(browser, district) as watch:
        took = await interruption(watch, link.rebind)
        print(f"a NAT that rebinds: {took:.2f} s without a new frame, {watch.restarts} ICE restarts")
        assert link.viewers, "viewers are known by their new addresses"
        assert took < BACK_WITHIN
        assert watch.offers == 0


async def test_a_browser_whose_address_changes_keeps_its_session_and_recovers_within_two_seconds(
    browser: Browser, district: District, link: Link
) -> None:
    async with watching(browser, district) as watch:
        took = await interruption(watch, link.strand)
        print(f"another address of the browser: {took:.2f} s without a new frame, {watch.restarts} ICE restarts")
        assert watch.restarts >= 1
        assert took < BACK_WITHIN
        assert watch.offers == 0


async def test_if_udp_is_blocked_it_plays_over_tcp(browser: Browser, district: District, link: Link) -> None:
    link.udp_blocked = True
    before = link.tcp_bytes
    async with watching(browser, district) as watch:
        assert (await watch.received())["protocol"] == "tcp"
        assert link.tcp_bytes - before > 50_000
