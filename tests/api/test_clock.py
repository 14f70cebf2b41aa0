"""The gateway's clock is set while people depend on it. No deadline changes, and people are told."""

from typing import Any

import pytest

from gateway.auth.invitations import Invitations
from gateway.incidents.service import IncidentService
from tests.fakes import FakeClock
from tests.in_process import HALLWAY, PEOPLE, House

HOUR = 3600.0
STEPS = [13 * HOUR, -20 * HOUR]


async def ticks(house: House, seconds: float) -> None:
    """Let time pass, with everything that the gateway's own tasks do every second."""
    for _ in range(round(seconds)):
        await house.clock.advance(1)
        await house.services.incidents.tick()
        await house.services.sign_ins.tick()


async def test_setting_the_clock_13_hours_forward_in_a_lockdown_signs_nobody_out(house: House) -> None:
    dispatcher = await house.sign_in("dispatcher")
    channel = await dispatcher.events()
    await channel.resume()
    await house.lock_down()
    await dispatcher.watch(HALLWAY)
    house.clock.jump(13 * HOUR)
    await ticks(house, 3)
    assert (await dispatcher.get("/api/me")).status == 200
    assert house.plane.closed == []
    assert [m for m in await channel.up_to_now() if m["type"] == "signed_out"] == []
    assert await house.records("sign_in_closed") == []


async def test_setting_the_clock_20_hours_back_does_not_lengthen_a_shift(house: House) -> None:
    patrol = await house.sign_in("patrol")
    await house.clock.advance(HOUR)
    house.clock.jump(-20 * HOUR)
    house.clock.skip(11 * HOUR - 1)
    assert (await patrol.get("/api/me")).status == 200
    house.clock.skip(1)
    assert (await patrol.get("/api/me")).problem(401) == "sign_in_needed"


@pytest.mark.parametrize("step", STEPS)
async def test_setting_the_clock_ends_incidents_neither_early_nor_late(house: House, step: float) -> None:
    incidents: IncidentService = house.services.incidents
    incident = await house.lock_down()
    lasts = incident.ends_at - house.clock.now()
    house.clock.jump(step)
    await ticks(house, 2)
    assert incidents.open() == (incident,)
    for _ in range(int(lasts / 60) - 1):
        house.clock.skip(60)
        await incidents.tick()
    assert incidents.open() != ()
    house.clock.skip(60)
    await incidents.tick()
    assert incidents.open() == ()


@pytest.mark.parametrize("step", STEPS)
async def test_setting_the_clock_makes_a_tokens_life_neither_longer_nor_shorter(house: House, step: float) -> None:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    lifetime = house.loaded.settings.tokens.lifetime
    _, location = await patrol.watch(HALLWAY)
    answer: dict[str, Any] = (await patrol.post("/api/tokens", {"site": "lincoln"})).json
    house.clock.jump(step)
    assert (await patrol.offer(HALLWAY, answer["token"])).status == 201
    bearer = {"Authorization": f"Bearer {await patrol.token()}"}
    assert (await patrol.request("POST", f"{location}/token", headers=bearer)).status == 204
    _, ends_at = house.plane.renewed[-1]
    assert ends_at - house.clock.monotonic() == pytest.approx(lifetime, abs=1), "the media end by gateway time"
    house.clock.skip(lifetime)
    assert (await patrol.offer(HALLWAY, answer["token"])).problem(401) == "token_expired"


async def test_setting_the_clock_ten_years_forward_does_not_end_an_agreement_in_a_lockdown(house: House) -> None:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    house.clock.jump(10 * 365 * 24 * HOUR)
    await patrol.watch(HALLWAY)


@pytest.mark.parametrize("step", STEPS)
async def test_an_invitation_that_a_command_makes_after_a_step_can_be_redeemed(house: House, step: float) -> None:
    """The command is another process, which starts after the clock was set. Both use the machine's clock."""
    house.clock.jump(step)
    command = Invitations(house.database, house.loaded.settings.tokens, FakeClock(now=house.clock.wall()))
    code = await command.create(PEOPLE["patrol"])
    assert (await (await house.stranger()).post("/api/invitations/redeem", {"code": code})).status == 200


@pytest.mark.parametrize(
    ("who", "told"),
    [("dispatcher", 1), ("headquarters", 1), ("district_it", 1), ("coordinator", 1), ("patrol", 0), ("auditor", 0)],
)
async def test_a_step_of_the_clock_is_reported_once_to_those_who_work_with_its_times(
    house: House, who: str, told: int
) -> None:
    channel = await (await house.sign_in(who)).events()
    hello = await channel.resume()
    assert hello["set_by"] == 0
    await house.services.clock_steps.look()
    house.clock.jump(-1200)
    for _ in range(3):
        await house.services.clock_steps.look()
    steps = [message for message in await channel.up_to_now() if message["type"] == "clock_step"]
    assert [(step["by"], step["at"]) for step in steps] == [(-1200.0, house.clock.now())] * told
    assert len(await house.records("clock_step")) == 1


async def test_a_page_is_told_within_a_second_how_far_the_clock_has_been_set(
    house: House,
) -> None:
    channel = await (await house.sign_in("patrol")).events()
    await channel.resume()
    house.clock.jump(-1200)
    await channel.say({"type": "ping", "t0": 1})
    assert (await channel.next_of("pong"))["set_by"] == -1200
    again = await (await house.sign_in("patrol")).events()
    hello = await again.resume()
    assert (hello["now_at"], hello["set_by"]) == (house.clock.now(), -1200)
