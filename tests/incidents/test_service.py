import asyncio
import logging

import pytest

from gateway.errors import Conflict, NotFound
from gateway.incident import Origin
from gateway.incidents.changes import Trigger
from gateway.incidents.incident_events import Effect
from tests.incidents.house import ANNA, BEN, DRILL, ELM, HOUR, OAK, REAL, House, no_disk, trigger


async def test_a_second_all_clear_gets_the_same_answer_and_changes_nothing(house: House) -> None:
    first = (await house.incidents.triggers.enter(trigger())).incident
    cleared = await house.incidents.all_clear(first.id, ANNA)
    changes = len(house.changes)
    assert await house.incidents.all_clear(first.id, BEN) == cleared
    assert len(house.changes) == changes
    assert (await house.recorded()).count("incident_all_clear") == 1


async def test_acknowledgements_are_by_name_once_each_and_recorded(house: House) -> None:
    incident = (await house.incidents.triggers.enter(trigger())).incident
    await asyncio.gather(
        *(house.incidents.acknowledge(incident.id, who, confirms=who is ANNA) for who in (ANNA, BEN, ANNA))
    )
    found = house.incidents.open()[0]
    assert [ack.name for ack in found.acknowledgements] == ["Anna", "Ben"]
    assert (await house.recorded()).count("incident_acknowledged") == 2


async def test_an_ended_incident_can_be_neither_acknowledged_nor_extended(house: House) -> None:
    incident = (await house.incidents.triggers.enter(trigger())).incident
    await house.incidents.all_clear(incident.id, ANNA)
    with pytest.raises(Conflict, match=r"over \(all clear\)"):
        await house.incidents.acknowledge(incident.id, ANNA, confirms=True)
    with pytest.raises(Conflict):
        await house.incidents.extend(incident.id, BEN)


async def test_an_unknown_incident_is_not_found(house: House) -> None:
    with pytest.raises(NotFound):
        await house.incidents.extend("nothing", ANNA)
    assert house.incidents.get("nothing") is None


async def test_time_warns_about_the_end_and_ends_the_incident(house: House) -> None:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(house.incidents.run(), name="incidents")
        incident = (await house.incidents.triggers.enter(trigger())).incident
        await house.incidents.acknowledge(incident.id, ANNA, confirms=True)
        await wait_until(house, incident.ends_at - 1801)
        assert house.changes[-1].effect is Effect.ACKNOWLEDGED
        await wait_until(house, incident.ends_at - 1799)
        assert house.changes[-1].incident.warnings_sent == {1800}
        await house.incidents.extend(incident.id, BEN)
        await wait_until(house, incident.ends_at + HOUR - 598)
        assert house.changes[-1].incident.warnings_sent == {1800, 600}
        await wait_until(house, incident.ends_at + HOUR + 3)
        running.cancel()
    assert [change.effect for change in house.changes] == [
        Effect.OPENED,
        Effect.ACKNOWLEDGED,
        Effect.WARNED,
        Effect.EXTENDED,
        Effect.WARNED,
        Effect.EXPIRED,
    ]
    assert house.incidents.open() == ()


async def wait_until(house: House, moment: float) -> None:
    """Skip to shortly before ``moment``, then let the service's own ticks pass."""
    house.clock.skip(moment - house.clock.now() - 2)
    await pass_a_second(house)
    await pass_a_second(house)


async def test_an_incident_survives_a_restart_completely(house: House) -> None:
    await house.incidents.triggers.enter(Trigger(OAK, DRILL, Origin("console", "Ben"), frozenset({"anna", "ben"})))
    incident = (await house.incidents.triggers.enter(trigger(REAL, ELM))).incident
    await house.incidents.acknowledge(incident.id, ANNA, confirms=True)
    await house.incidents.triggers.enter(trigger(REAL, ELM))
    before = house.incidents.open()
    await house.restart()
    assert house.incidents.open() == before
    assert house.changes == []
    assert house.value("incidents_open", kind="real") == 1
    assert not (await house.incidents.triggers.enter(trigger(REAL, ELM))).opened


async def test_ended_incidents_are_known_after_a_restart(house: House) -> None:
    incident = (await house.incidents.triggers.enter(trigger())).incident
    cleared = await house.incidents.all_clear(incident.id, ANNA)
    await house.restart()
    assert house.incidents.open() == ()
    assert await house.incidents.all_clear(incident.id, BEN) == cleared


async def test_a_real_incident_that_expired_while_the_machine_slept_is_warned_about_before_it_ends(
    house: House,
) -> None:
    await house.incidents.triggers.enter(trigger(REAL))
    await house.incidents.triggers.enter(trigger(DRILL, ELM))
    await house.restart(after=9 * HOUR)
    real = next(incident for incident in house.incidents.open() if incident.kind is REAL)
    assert real.warnings_sent == {1800, 600}
    assert real.ends_at == house.clock.now() + 600
    await house.incidents.tick()
    assert [incident.kind for incident in house.incidents.open()] == [REAL]
    await house.incidents.acknowledge(real.id, ANNA, confirms=True)
    await house.clock.advance(600)
    await house.incidents.tick()
    assert house.incidents.open() == ()
    assert [kind for kind in await house.recorded() if "opened" not in kind] == [
        "incident_warned",
        "alarm_unconfirmed",
        "incident_expired",
        "incident_acknowledged",
        "incident_expired",
    ]


async def test_incidents_that_ended_long_ago_are_removed_from_memory(house: House) -> None:
    first = (await house.incidents.triggers.enter(trigger())).incident
    await house.incidents.all_clear(first.id, ANNA)
    still_open = (await house.incidents.triggers.enter(trigger(REAL, ELM))).incident
    for _ in range(100):
        await house.clock.advance(1)
        last = (await house.incidents.triggers.enter(trigger())).incident
        await house.incidents.all_clear(last.id, ANNA)
    assert house.incidents.get(first.id) is None
    assert house.incidents.get(last.id) is not None
    await house.restart()
    assert house.incidents.get(first.id) is None
    assert house.incidents.open() == (still_open,)


async def test_an_ending_takes_effect_even_if_it_cannot_be_written_to_any_disk(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    incident = (await house.incidents.triggers.enter(trigger())).incident
    await no_disk(house, monkeypatch)
    ended = await house.incidents.all_clear(incident.id, ANNA)
    assert house.incidents.open() == ()
    assert not house.incidents.on_disk(incident.id)
    assert "A crash would undo them" in caplog.text
    monkeypatch.undo()
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.database.owed.settle()
    assert house.incidents.on_disk(incident.id)
    await house.restart()
    assert house.incidents.get(incident.id) == ended


async def test_an_incident_past_its_end_is_over_even_if_that_cannot_be_written_to_any_disk(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A regression: tokens and pictures used to continue because the incident's warning could not be stored."""
    incident = (await house.incidents.triggers.enter(trigger(REAL))).incident
    await no_disk(house, monkeypatch)
    house.clock.skip(incident.ends_at - house.clock.now() + 1)
    await house.incidents.tick()
    assert house.changes[-1].effect is Effect.WARNED
    house.clock.skip(601)
    await house.incidents.tick()
    assert house.incidents.open() == ()


async def test_an_ending_is_published_before_it_is_written(house: House) -> None:
    """No picture may continue just because a disk is slow."""
    incident = (await house.incidents.triggers.enter(trigger())).incident
    async with house.database.session():  # Another write is slow.
        clearing = asyncio.create_task(house.incidents.all_clear(incident.id, ANNA))
        await house.clock.settle()
        assert house.changes[-1].effect is Effect.ALL_CLEAR
        assert not clearing.done()
    await clearing
    assert house.incidents.on_disk(incident.id)


async def test_an_incident_whose_end_is_only_in_the_reserve_does_not_block_the_next(house: House) -> None:
    """The database contains at most one open incident for each school and kind, at every moment."""
    first = (await house.incidents.triggers.enter(trigger())).incident
    await house.sql("ALTER TABLE incidents RENAME TO away")
    await house.incidents.all_clear(first.id, ANNA)
    second = (await house.incidents.triggers.enter(trigger())).incident
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.incidents.acknowledge(second.id, ANNA, confirms=True)
    await house.restart()
    assert [incident.id for incident in house.incidents.open()] == [second.id]


async def test_a_reserve_that_could_not_be_emptied_does_not_reopen_ended_incidents(house: House) -> None:
    await house.sql("ALTER TABLE incidents RENAME TO away")
    incident = (await house.incidents.triggers.enter(trigger())).incident
    stale = house.reserve.read_bytes()
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.incidents.all_clear(incident.id, ANNA)
    await house.stop()
    house.reserve.write_bytes(stale)
    await house.start()
    assert house.incidents.open() == ()


async def test_warnings_and_ends_continue_if_the_store_fails_and_the_log_says_so_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    incident = (await house.incidents.triggers.enter(trigger())).incident
    await house.sql("ALTER TABLE incidents RENAME TO away")
    house.clock.skip(4 * HOUR - 1000)
    await house.incidents.tick()
    for _ in range(3):
        await house.database.owed.settle()
    assert caplog.text.count("waiting for the database") == 1
    await house.sql("ALTER TABLE away RENAME TO incidents")
    for _ in range(3):
        await house.database.owed.settle()
    assert caplog.text.count("accepts writes again") == 1
    found = house.incidents.get(incident.id)
    assert found is not None
    assert found.warnings_sent == {1800}


async def pass_a_second(house: House) -> None:
    """Advance the clock, and wait for the tick that this wakes. The next tick begins only when this one is done."""
    ticked = asyncio.Event()
    original = house.incidents.tick

    async def tick() -> None:
        try:
            await original()
        finally:
            ticked.set()

    house.incidents.tick = tick  # type: ignore[method-assign]
    try:
        await house.clock.advance(1)
        await ticked.wait()
        await house.clock.settle()
    finally:
        house.incidents.tick = original  # type: ignore[method-assign]
