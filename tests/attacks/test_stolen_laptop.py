"""A patrol laptop is stolen: whoever has it holds a cookie, a page, a token and pictures."""

import asyncio

import pytest

from gateway.commands.sign_out import LOOK, SignedOut, end, wait_closed
from gateway.models import CloseReason
from gateway.viewing.sign_ins import TICK
from tests.fakes import FakeClock
from tests.in_process import ENTRANCE, PEOPLE, House


async def test_signed_out_by_name_it_can_do_nothing_more(house: House) -> None:
    await house.lock_down()
    laptop, colleague = await house.sign_in("patrol"), await house.sign_in("dispatcher")
    unused = await house.services.invitations.create(PEOPLE["patrol"])
    token = await laptop.token()
    _, location = await laptop.watch(ENTRANCE)

    settings = house.loaded.settings
    ended = await end(house.database, settings, "Pat", "op", house.clock)
    assert (len(ended.sign_ins), ended.invitations) == (1, 1)

    assert (await laptop.get("/api/me")).problem(401) == "sign_in_needed"
    assert (await laptop.post("/api/tokens", {"site": "lincoln"})).problem(401) == "sign_in_needed"
    assert (await laptop.offer(ENTRANCE, token)).problem(401) == "signed_out"
    renewal = await laptop.request("POST", f"{location}/token", headers={"Authorization": f"Bearer {token}"})
    assert renewal.problem(401) == "signed_out"
    again = await (await house.stranger()).post("/api/invitations/redeem", {"code": unused})
    assert again.problem(401) == "invitation_refused"
    assert (await colleague.get("/api/me")).status == 200
    [record] = await house.records("signed_out")
    assert (record.event.name, record.event.detail["by"]) == ("Pat", "op, command line")


@pytest.mark.parametrize("step", [13 * 3600.0, -20 * 3600.0])
async def test_signed_out_after_the_machines_clock_was_set(house: House, step: float) -> None:
    """Before, a command whose clock was past the shift's end found nobody to sign out, and the pictures went on."""
    laptop = await house.sign_in("patrol")
    house.clock.jump(step)
    command = FakeClock(now=house.clock.wall())
    ended = await end(house.database, house.loaded.settings, "Pat", "op", command)
    assert len(ended.sign_ins) == 1
    assert (await laptop.get("/api/me")).problem(401) == "sign_in_needed"


async def test_signed_out_by_id_and_once_is_enough(house: House) -> None:
    await house.sign_in("patrol")
    settings = house.loaded.settings
    assert len((await end(house.database, settings, "pat", "op", house.clock)).sign_ins) == 1
    assert await end(house.database, settings, "pat", "op", house.clock) == SignedOut((), 0)
    assert await end(house.database, settings, "nobody", "op", house.clock) == SignedOut((), 0)


async def test_a_picture_goes_dark_within_a_second_of_a_sign_out_from_the_command_line(house: House) -> None:
    await house.lock_down()
    laptop = await house.sign_in("patrol")
    picture, _ = await laptop.watch(ENTRANCE)
    page = await laptop.events()
    await page.resume()
    ended = await end(house.database, house.loaded.settings, "Pat", "op", house.clock)

    await house.services.sign_ins.tick()  # which ``run`` does twice a second

    assert await page.next_of("signed_out")
    told = await wait_closed(house.database, ended, house.clock)
    assert TICK <= 0.5
    assert house.plane.closed == [(picture, CloseReason.SIGNED_OUT)]
    assert told == "The gateway has closed what was open: pictures: 1, pages: 1."
    [grant] = await house.records("grant_given")
    assert house.services.access.living(grant.event.detail["grant"]) is None


async def test_the_command_says_that_it_does_not_know_where_nothing_answers(house: House) -> None:
    await house.sign_in("patrol")
    ended = await end(house.database, house.loaded.settings, "Pat", "op", house.clock)
    asking = asyncio.create_task(wait_closed(house.database, ended, house.clock))
    while not asking.done():
        await house.clock.advance(LOOK)
        await asyncio.sleep(0)
    assert asking.result() == "No picture or page of theirs was open, or no gateway runs on this database."


async def test_one_laptop_signed_out_takes_nothing_from_the_same_persons_other_one(house: House) -> None:
    await house.lock_down()
    one, other = await house.sign_in("patrol"), await house.sign_in("patrol")
    await one.watch(ENTRANCE)
    _, location = await other.watch(ENTRANCE)
    await one.post("/api/sign-out")
    token = await other.token()
    renewal = await other.request("POST", f"{location}/token", headers={"Authorization": f"Bearer {token}"})
    assert renewal.status == 204
    await other.post("/api/sign-out")
    for grant in await house.records("grant_given"):
        assert house.services.access.living(grant.event.detail["grant"]) is None
