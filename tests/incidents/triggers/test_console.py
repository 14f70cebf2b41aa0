import asyncio
from dataclasses import replace

import pytest

from gateway.errors import Conflict
from gateway.incident import Origin
from gateway.incidents.changes import Trigger
from gateway.incidents.triggers.console import ConsoleTrigger
from gateway.models import IncidentKind, Principal, Role, SiteId
from tests.incidents.house import House

OAK, ELM = SiteId("oak"), SiteId("elm")
REAL, DRILL = IncidentKind.REAL, IncidentKind.DRILL
ANNA = Principal("anna", "Anna", Role.COORDINATOR)
BEN = Principal("ben", "Ben", Role.COORDINATOR)
PRESS = Trigger(OAK, REAL, Origin("console", "Ben", "gym", "heard shots"), key="k1", principal=BEN)


def console(house: House) -> ConsoleTrigger:
    return ConsoleTrigger(house.database, house.incidents, house.clock)


async def test_a_press_sent_twice_at_once_is_one_trigger(house: House) -> None:
    pages = console(house)
    outcomes = await asyncio.gather(*(pages.press(PRESS, BEN) for _ in range(10)))
    assert [outcome.opened for outcome in outcomes].count(True) == 1
    assert [outcome.alarm for outcome in outcomes].count(True) == 1
    assert house.incidents.open()[0].repeats == 0
    assert len(house.changes) == 1


async def test_a_press_sent_again_after_a_restart_and_all_clear_opens_nothing(house: House) -> None:
    first = await console(house).press(PRESS, BEN)
    cleared = await house.incidents.all_clear(first.incident.id, BEN)
    await house.restart(after=86_400)
    again = await console(house).press(PRESS, BEN)
    assert (again.incident, again.opened, again.alarm) == (cleared, False, False)
    assert house.incidents.open() == ()


async def test_a_press_from_long_ago_finds_its_incident_on_disk(house: House) -> None:
    first = await console(house).press(PRESS, BEN)
    await house.incidents.all_clear(first.incident.id, BEN)
    for _ in range(101):
        await house.clock.advance(1)
        other = await house.incidents.triggers.enter(replace(PRESS, key=None))
        await house.incidents.all_clear(other.incident.id, BEN)
    assert house.incidents.get(first.incident.id) is None
    assert (await console(house).press(PRESS, BEN)).incident.id == first.incident.id


@pytest.mark.parametrize(
    "other",
    [
        replace(PRESS, site_id=ELM),
        replace(PRESS, kind=DRILL),
        replace(PRESS, origin=replace(PRESS.origin, room_id="pool")),
        replace(PRESS, origin=replace(PRESS.origin, room_id=None)),
    ],
)
async def test_the_same_key_for_something_else_is_refused(house: House, other: Trigger) -> None:
    await console(house).press(PRESS, BEN)
    with pytest.raises(Conflict) as refused:
        await console(house).press(other, BEN)
    assert refused.value.code == "key_reused"
    assert house.incidents.open()[0].repeats == 0


async def test_the_same_key_of_another_person_is_another_press(house: House) -> None:
    await console(house).press(PRESS, BEN)
    await console(house).press(PRESS, ANNA)
    assert house.incidents.open()[0].repeats == 1


async def test_presses_without_a_key_all_count(house: House) -> None:
    for _ in range(3):
        await console(house).press(replace(PRESS, key=None), BEN)
    assert house.incidents.open()[0].repeats == 2


async def test_a_drill_that_was_refused_does_not_begin_when_its_press_is_sent_again_after_all_clear(
    house: House,
) -> None:
    real = await house.incidents.triggers.enter(replace(PRESS, key=None))
    drill = replace(PRESS, kind=DRILL)
    with pytest.raises(Conflict):
        await console(house).press(drill, BEN)
    await house.incidents.all_clear(real.incident.id, BEN)
    with pytest.raises(Conflict) as refused:
        await console(house).press(drill, BEN)
    assert refused.value.code == "real_incident_open"
    assert house.incidents.open() == ()
    assert (await house.recorded()).count("trigger_refused") == 1


async def test_a_press_that_the_database_did_not_accept_counts_once_when_it_is_sent_again(house: House) -> None:
    await house.sql("ALTER TABLE incidents RENAME TO away")
    first = await console(house).press(PRESS, BEN)
    again = await console(house).press(PRESS, BEN)
    assert (first.opened, again.incident.repeats) == (True, 0)
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.database.owed.settle()
    await house.incidents.all_clear(first.incident.id, BEN)
    after = await console(house).press(PRESS, BEN)
    assert after.incident.id == first.incident.id, "its key is in the database now, too"
    assert house.incidents.open() == ()


async def test_an_unreadable_table_of_presses_does_not_stop_an_alarm(house: House) -> None:
    await house.sql("ALTER TABLE console_presses RENAME TO away")
    first = await console(house).press(PRESS, BEN)
    assert (first.opened, first.alarm) == (True, True)
    assert (await console(house).press(PRESS, BEN)).incident.repeats == 0, "known in memory"


async def test_a_refusal_that_cannot_be_saved_is_still_a_refusal(house: House) -> None:
    await house.incidents.triggers.enter(replace(PRESS, key=None))
    await house.sql("ALTER TABLE console_presses RENAME TO away")
    with pytest.raises(Conflict) as refused:
        await console(house).press(replace(PRESS, kind=DRILL), BEN)
    assert refused.value.code == "real_incident_open"
