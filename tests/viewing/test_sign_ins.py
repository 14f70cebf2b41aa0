"""Nobody is signed out during their own incident, and nothing else keeps anybody signed in."""

from pathlib import Path

import pytest

from gateway.models import IncidentKind
from tests.in_process import ENTRANCE, LINCOLN, OAK, House, Person

HOUR = 3600.0


async def until(house: House, hours: float) -> None:
    """Let time pass, together with the ticks of the gateway's own task. One tick per minute is enough."""
    end = house.clock.now() + hours * HOUR
    while house.clock.now() < end:
        await house.clock.advance(min(60.0, end - house.clock.now()))
        await house.services.sign_ins.tick()


async def signed_in(person: Person) -> bool:
    return (await person.get("/api/me")).status == 200


async def test_a_shift_that_ends_in_a_lockdown_signs_nobody_out(house: House) -> None:
    dispatcher = await house.sign_in("dispatcher")
    await until(house, 11.9)
    incident = await house.lock_down()

    await until(house, 3)
    assert await signed_in(dispatcher)
    me = (await dispatcher.get("/api/me")).json
    assert me["carried_on"] is True
    await dispatcher.watch(ENTRANCE)

    await house.all_clear(incident)
    await until(house, 0.99)
    assert await signed_in(dispatcher)
    assert (await dispatcher.get("/api/me")).json["carried_on"] is False
    await until(house, 0.02)
    assert not await signed_in(dispatcher)
    [record] = await house.records("sign_in_carried_on")
    assert (record.event.name, record.event.incident, record.event.site) == ("Dee", incident.id, LINCOLN)


async def test_an_incident_that_opens_seconds_before_the_end_of_a_shift_postpones_the_end(house: House) -> None:
    patrol = await house.sign_in("patrol")
    await until(house, 12 - 1 / HOUR)
    await house.lock_down()
    await house.clock.advance(2)
    await house.services.sign_ins.tick()
    assert await signed_in(patrol)


async def test_a_shift_that_ends_in_a_lockdown_while_the_gateway_is_down_continues_afterwards(tmp_path: Path) -> None:
    async with House(tmp_path) as before:
        patrol = await before.sign_in("patrol")
        cookie = {"Cookie": f"sightline={patrol.cookie()}"}
        await until(before, 10.9)
        await before.lock_down()
    await before.clock.advance(3 * HOUR)

    async with House(tmp_path, clock=before.clock) as after:
        assert (await (await after.stranger()).get("/api/me", headers=cookie)).status == 200
        assert len(await after.records("sign_in_carried_on")) == 1


async def test_a_person_signed_out_before_the_lockdown_stays_signed_out(house: House) -> None:
    patrol, thief = await house.sign_in("patrol"), await house.sign_in("patrol")
    await thief.post("/api/sign-out")
    await until(house, 12.1)
    await house.lock_down()
    await until(house, 0.1)
    assert not await signed_in(patrol)
    assert not await signed_in(thief)


async def test_a_stolen_laptop_that_was_signed_out_is_not_extended(house: House) -> None:
    laptop = await house.sign_in("patrol")
    cookie = {"Cookie": f"sightline={laptop.cookie()}"}
    await house.lock_down()
    await until(house, 11.5)
    await laptop.post("/api/sign-out")
    await until(house, 1)
    assert (await (await house.stranger()).get("/api/me", headers=cookie)).status == 401


@pytest.mark.parametrize(
    ("who", "site", "kind", "stays"),
    [
        ("patrol", LINCOLN, IncidentKind.DRILL, True),
        ("patrol", LINCOLN, IncidentKind.TEST, False),
        ("coordinator", LINCOLN, IncidentKind.REAL, True),
        ("coordinator", OAK, IncidentKind.REAL, False),
        ("district_it", OAK, IncidentKind.REAL, True),
        ("auditor", LINCOLN, IncidentKind.REAL, False),
    ],
)
async def test_only_incidents_that_concern_a_person_keep_them_signed_in(
    house: House, who: str, site: str, kind: IncidentKind, stays: bool
) -> None:
    person = await house.sign_in(who)
    await until(house, 11.9)
    await house.lock_down(LINCOLN if site == LINCOLN else OAK, kind)
    await until(house, 0.2)
    assert await signed_in(person) is stays


async def test_every_page_is_told_that_its_sign_in_is_extended(house: House) -> None:
    dispatcher, other = await house.sign_in("dispatcher"), await house.sign_in("patrol")
    await until(house, 11.5)
    page = await dispatcher.events()
    await page.resume()
    await page.up_to_now()
    await other.post("/api/sign-in/continue")

    await house.lock_down()
    await house.services.sign_ins.tick()

    [heard] = [message for message in await page.up_to_now() if message["type"] == "sign_in"]
    assert heard["expires_at"] == house.clock.now() + HOUR
    assert heard["carried_on"] is True
