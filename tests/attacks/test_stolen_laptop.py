"""A patrol laptop is stolen: whoever has it holds a cookie, a page, a token and pictures."""

from gateway.commands.sign_out import SignedOut, end
from tests.in_process import ENTRANCE, PEOPLE, House


async def test_signed_out_by_name_it_can_do_nothing_more(house: House) -> None:
    await house.lock_down()
    laptop, colleague = await house.sign_in("patrol"), await house.sign_in("dispatcher")
    unused = await house.services.invitations.create(PEOPLE["patrol"])
    token = await laptop.token()
    _, location = await laptop.watch(ENTRANCE)

    settings = house.loaded.settings
    assert await end(house.database, settings, "Pat", "op", house.clock) == SignedOut(1, 1)

    assert (await laptop.get("/api/me")).problem(401) == "sign_in_needed"
    assert (await laptop.post("/api/tokens", {"site": "lincoln"})).problem(401) == "sign_in_needed"
    assert (await laptop.offer(ENTRANCE, token)).problem(401) == "signed_out"
    renewal = await laptop.request("POST", f"{location}/token", headers={"Authorization": f"Bearer {token}"})
    assert renewal.problem(401) == "signed_out"
    again = await (await house.stranger()).post("/api/invitations/redeem", {"code": unused})
    assert again.problem(401) == "invitation_refused"
    assert (await colleague.get("/api/me")).status == 200
    [record] = await house.records("signed_out")
    assert (record.event.name, record.event.detail) == ("Pat", {"by": "op, command line"})


async def test_signed_out_by_id_and_once_is_enough(house: House) -> None:
    await house.sign_in("patrol")
    settings = house.loaded.settings
    assert await end(house.database, settings, "pat", "op", house.clock) == SignedOut(1, 0)
    assert await end(house.database, settings, "pat", "op", house.clock) == SignedOut(0, 0)
    assert await end(house.database, settings, "nobody", "op", house.clock) == SignedOut(0, 0)
