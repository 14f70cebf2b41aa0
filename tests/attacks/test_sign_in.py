"""Callers who have signed out, were signed out, or never were signed in."""

import asyncio

import pytest
from aiohttp import WSServerHandshakeError

from gateway.api.hub import PAGES_PER_SIGN_IN
from gateway.errors import StorageError
from gateway.storage.turns import Urgency
from tests.in_process import PEOPLE, House


async def test_a_channel_opened_before_signing_out_gets_nothing_afterwards(house: House) -> None:
    patrol = await house.sign_in("patrol")
    channel = await patrol.events()
    assert (await patrol.post("/api/sign-out")).status == 204
    await channel.say({"type": "resume", "epoch": None, "seq": 0})
    assert await channel.next() == {"type": "signed_out", "reason": "signed_out"}
    assert await channel.closed() == 1008


async def test_a_sign_in_that_another_process_ended_loses_its_channel_at_the_next_check(house: House) -> None:
    patrol = await house.sign_in("patrol")
    channel = await patrol.events()
    await channel.resume()
    sign_in = await house.services.sessions.lookup(patrol.cookie())
    assert sign_in is not None
    await house.services.sessions.end(sign_in.id)
    await house.services.sign_ins.tick()
    assert await channel.next_of("signed_out")
    assert await channel.closed() == 1008


async def test_a_failing_database_does_not_close_anybodys_channel(house: House) -> None:
    channel = await (await house.sign_in("patrol")).events()
    await channel.resume()
    await house.break_storage()
    with pytest.raises(StorageError):
        await house.services.sign_ins.tick()
    assert await channel.up_to_now() is not None


async def test_a_sign_in_has_a_limited_number_of_channels_and_does_not_use_up_those_of_others(house: House) -> None:
    patrol = await house.sign_in("patrol")
    channels = [await patrol.events() for _ in range(PAGES_PER_SIGN_IN)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await patrol.events()
    assert refused.value.status == 409
    assert await (await (await house.sign_in("patrol")).events()).resume()
    await channels[0].socket.close()
    async with asyncio.timeout(5):
        while True:
            try:
                assert await (await patrol.events()).resume()
                break
            except WSServerHandshakeError:  # the gateway has not noticed yet that the other one is closed
                await asyncio.sleep(0.01)


async def test_guesses_at_invitations_never_delay_alarms(house: House) -> None:
    stranger, order = await house.stranger(), list[str]()

    async def guess() -> None:
        answer = await stranger.post("/api/invitations/redeem", {"code": "a guess"})
        assert answer.problem(401) == "invitation_refused"
        order.append("guess")

    async def alarm() -> None:
        async with house.database.session(Urgency.ALARM):
            order.append("alarm")

    async with asyncio.TaskGroup() as group, house.database.session():  # a long write is in progress
        guessing = group.create_task(guess())
        await asyncio.wait((guessing,), timeout=0.2)
        group.create_task(alarm())
        await house.clock.settle()
    assert order == ["alarm", "guess"]


async def test_if_two_people_redeem_one_invitation_at_once_only_one_is_signed_in(house: House) -> None:
    code = await house.services.invitations.create(PEOPLE["patrol"])
    people = [await house.stranger() for _ in range(4)]
    answers = await asyncio.gather(*(p.post("/api/invitations/redeem", {"code": code}) for p in people))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]
