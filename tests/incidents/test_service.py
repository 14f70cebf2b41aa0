import asyncio
import errno
import logging
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.errors import Conflict, NotFound, StorageError
from gateway.incidents.changes import IncidentChange, Trigger
from gateway.incidents.state import Effect
from gateway.incidents.store import to_values, write
from gateway.models import IncidentKind, IncidentState, Origin, Principal, Role, SiteId
from gateway.storage.reserve import Reserve
from gateway.storage.turns import Urgency
from tests.incidents.house import House

OAK, ELM = SiteId("oak"), SiteId("elm")
REAL, DRILL, TEST = IncidentKind.REAL, IncidentKind.DRILL, IncidentKind.TEST
HOUR = 3600.0
ANNA = Principal("anna", "Anna", Role.DISPATCHER)
BEN = Principal("ben", "Ben", Role.COORDINATOR)


def trigger(kind: IncidentKind = REAL, site: SiteId = OAK, room: str | None = "office") -> Trigger:
    return Trigger(site, kind, Origin("console", "Ben", room, "heard shots"), principal=BEN, address="10.0.0.7")


async def test_a_trigger_opens_an_incident_and_tells_it_after_its_commit(house: House) -> None:
    seen: list[bool] = []

    def on_disk(change: IncidentChange) -> None:
        with closing(sqlite3.connect(house.database.path or "")) as connection:
            found = connection.execute("SELECT state FROM incidents WHERE id = ?", [change.incident.id]).fetchall()
        seen.append(found == [("open",)])

    house.incidents.subscribe(on_disk)
    outcome = await house.incidents.triggers.enter(trigger())
    assert (outcome.opened, outcome.alarm) == (True, True)
    assert house.incidents.open() == (outcome.incident,)
    assert house.incidents.get(outcome.incident.id) == outcome.incident
    assert house.changes == [IncidentChange(outcome.incident, None, True, Effect.OPENED)]
    assert seen == [True]
    assert outcome.incident.ends_at == house.clock.now() + 4 * HOUR
    assert house.value("incidents_total", kind="real") == 1
    assert house.value("incidents_open", kind="real") == 1


async def test_the_record_says_who_what_where_and_why(house: House) -> None:
    outcome = await house.incidents.triggers.enter(trigger())
    [record] = await house.audit.read()
    event = record.event
    assert (event.kind, event.principal, event.name, event.role) == ("incident_opened", "ben", "Ben", Role.COORDINATOR)
    assert (event.site, event.incident, event.origin_address) == ("oak", outcome.incident.id, "10.0.0.7")
    assert event.detail["kind"] == "real"
    assert event.detail["room_id"] == "office"
    assert event.detail["note"] == "heard shots"


async def test_many_triggers_at_once_make_one_incident_and_one_alarm(house: House) -> None:
    outcomes = await asyncio.gather(*(house.incidents.triggers.enter(trigger()) for _ in range(20)))
    assert len({outcome.incident.id for outcome in outcomes}) == 1
    assert [outcome.opened for outcome in outcomes].count(True) == 1
    assert [outcome.alarm for outcome in outcomes].count(True) == 1
    assert [change.alarm for change in house.changes].count(True) == 1
    assert house.incidents.open()[0].repeats == 19
    assert (await house.recorded()).count("incident_merged") == 19


async def test_sites_and_kinds_do_not_join_each_other(house: House) -> None:
    for site, kind in ((OAK, DRILL), (OAK, TEST), (ELM, REAL)):
        assert (await house.incidents.triggers.enter(trigger(kind, site))).opened
    assert len(house.incidents.open()) == 3


async def test_a_real_trigger_supersedes_drill_and_test_at_once_and_alarms(house: House) -> None:
    drill = (await house.incidents.triggers.enter(trigger(DRILL))).incident
    test = (await house.incidents.triggers.enter(trigger(TEST))).incident
    elsewhere = (await house.incidents.triggers.enter(trigger(DRILL, ELM))).incident
    house.changes.clear()
    outcome = await house.incidents.triggers.enter(trigger(REAL))
    assert (outcome.opened, outcome.alarm) == (True, True)
    assert [(change.incident.kind, change.effect, change.alarm) for change in house.changes] == [
        (REAL, Effect.OPENED, True),
        (DRILL, Effect.SUPERSEDED, False),
        (TEST, Effect.SUPERSEDED, False),
    ]
    for ended in (drill, test):
        found = house.incidents.get(ended.id)
        assert found is not None
        assert found.state is IncidentState.SUPERSEDED
    assert house.incidents.open() == (elsewhere, outcome.incident)


async def test_a_drill_during_a_real_incident_is_refused_counted_and_recorded(house: House) -> None:
    await house.incidents.triggers.enter(trigger(REAL))
    with pytest.raises(Conflict, match="before all clear"):
        await house.incidents.triggers.enter(trigger(DRILL))
    assert [incident.kind for incident in house.incidents.open()] == [REAL]
    assert house.value("triggers_refused_total", reason="real_incident_open") == 1
    last = (await house.audit.read())[-1].event
    assert (last.kind, last.outcome, last.reason, last.name) == (
        "trigger_refused",
        "refused",
        "real_incident_open",
        "Ben",
    )


async def test_repeats_merge_for_half_an_hour_and_then_alarm_again(house: House) -> None:
    await house.incidents.triggers.enter(trigger())
    await house.clock.advance(HOUR / 2 - 1)
    assert not (await house.incidents.triggers.enter(trigger())).alarm
    await house.clock.advance(1)
    outcome = await house.incidents.triggers.enter(trigger())
    assert (outcome.opened, outcome.alarm, outcome.incident.alarms) == (False, True, 2)
    assert house.changes[-1].alarm


async def test_after_all_clear_a_new_trigger_opens_a_new_incident(house: House) -> None:
    first = (await house.incidents.triggers.enter(trigger())).incident
    cleared = await house.incidents.all_clear(first.id, ANNA)
    assert (cleared.state, cleared.closed_by) == (IncidentState.ALL_CLEAR, "Anna")
    assert house.changes[-1] == IncidentChange(cleared, IncidentState.OPEN, False, Effect.ALL_CLEAR)
    assert house.incidents.open() == ()
    second = await house.incidents.triggers.enter(trigger())
    assert second.opened
    assert second.incident.id != first.id


async def test_all_clear_twice_answers_alike_and_changes_nothing(house: House) -> None:
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


async def test_what_is_over_is_neither_acknowledged_nor_extended(house: House) -> None:
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


async def test_the_clock_warns_and_ends(house: House) -> None:
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
    """Skip to near the moment, then let the service's own ticks pass."""
    house.clock.skip(moment - house.clock.now() - 2)
    await pass_a_second(house)
    await pass_a_second(house)


async def test_a_restart_keeps_everything_of_an_incident(house: House) -> None:
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


async def test_what_ended_is_known_after_a_restart(house: House) -> None:
    incident = (await house.incidents.triggers.enter(trigger())).incident
    cleared = await house.incidents.all_clear(incident.id, ANNA)
    await house.restart()
    assert house.incidents.open() == ()
    assert await house.incidents.all_clear(incident.id, BEN) == cleared


async def test_a_real_incident_that_was_slept_through_is_warned_before_it_ends(house: House) -> None:
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


async def test_memory_forgets_what_ended_long_ago(house: House) -> None:
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


async def test_a_subscriber_that_fails_harms_nobody(house: House, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_change: IncidentChange) -> None:
        raise ZeroDivisionError

    unsubscribe = house.incidents.subscribe(fail)
    told: list[IncidentChange] = []
    house.incidents.subscribe(told.append)
    assert (await house.incidents.triggers.enter(trigger())).opened
    assert len(told) == 1
    assert house.value("task_failures_total", task="incident_subscriber") == 1
    assert "ZeroDivisionError" in caplog.text
    unsubscribe()
    await house.incidents.triggers.enter(trigger())
    assert house.value("task_failures_total", task="incident_subscriber") == 1


async def test_a_database_that_takes_nothing_stops_no_alarm(house: House) -> None:
    """Before, a full disk answered an alarm with 503 and opened nothing."""
    await house.sql("ALTER TABLE incidents RENAME TO away")
    incident = (await house.incidents.triggers.enter(trigger())).incident
    assert house.incidents.open() == (incident,)
    assert [change.alarm for change in house.changes] == [True]
    assert house.incidents.on_disk(incident.id)
    acknowledged = await house.incidents.acknowledge(incident.id, ANNA, confirms=True)
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.restart()
    assert house.incidents.open() == (acknowledged,), "the reserve file is on disk, too"
    assert house.database.owed.count == 0
    await house.restart()
    assert house.incidents.open() == (acknowledged,), "and now it is in the database"


async def test_what_ends_an_incident_holds_although_no_disk_takes_it(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    incident = (await house.incidents.triggers.enter(trigger())).incident
    await no_disk(house, monkeypatch)
    ended = await house.incidents.all_clear(incident.id, ANNA)
    assert house.incidents.open() == ()
    assert not house.incidents.on_disk(incident.id)
    assert "after a crash it would be as before" in caplog.text
    monkeypatch.undo()
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.database.owed.settle()
    assert house.incidents.on_disk(incident.id)
    await house.restart()
    assert house.incidents.get(incident.id) == ended


async def test_an_incident_past_its_end_is_over_although_no_disk_takes_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, it went on giving tokens and pictures, since its warning could not be stored."""
    incident = (await house.incidents.triggers.enter(trigger(REAL))).incident
    await no_disk(house, monkeypatch)
    house.clock.skip(incident.ends_at - house.clock.now() + 1)
    await house.incidents.tick()
    assert house.changes[-1].effect is Effect.WARNED
    house.clock.skip(601)
    await house.incidents.tick()
    assert house.incidents.open() == ()


async def test_an_ending_is_told_before_it_is_written(house: House) -> None:
    """A picture must not go on because a disk is slow."""
    incident = (await house.incidents.triggers.enter(trigger())).incident
    async with house.database.session():  # another write takes its time
        clearing = asyncio.create_task(house.incidents.all_clear(incident.id, ANNA))
        await house.clock.settle()
        assert house.changes[-1].effect is Effect.ALL_CLEAR
        assert not clearing.done()
    await clearing
    assert house.incidents.on_disk(incident.id)


async def test_an_alarm_that_no_disk_takes_sounds_and_is_not_acknowledged_to_its_sender(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await no_disk(house, monkeypatch)
    pressed = replace(trigger(), key="button/msg_1")
    for _ in range(2):
        with pytest.raises(StorageError, match="the alarm sounds"):
            await house.incidents.triggers.enter(pressed)
    [incident] = house.incidents.open()
    assert incident.repeats == 0, "the same message again is the same press"
    monkeypatch.undo()
    await house.sql("ALTER TABLE away RENAME TO incidents")
    outcome = await house.incidents.triggers.enter(pressed)
    assert (outcome.incident, outcome.opened, outcome.alarm) == (incident, True, True)
    await house.restart()
    assert house.incidents.open() == (incident,)


async def test_an_incident_that_ended_in_the_reserve_makes_room_for_the_next_one(house: House) -> None:
    """In the database there is at most one open incident a school and kind, at every moment."""
    first = (await house.incidents.triggers.enter(trigger())).incident
    await house.sql("ALTER TABLE incidents RENAME TO away")
    await house.incidents.all_clear(first.id, ANNA)
    second = (await house.incidents.triggers.enter(trigger())).incident
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.incidents.acknowledge(second.id, ANNA, confirms=True)
    await house.restart()
    assert [incident.id for incident in house.incidents.open()] == [second.id]


async def test_a_reserve_that_could_not_be_emptied_opens_nothing_that_is_over(house: House) -> None:
    await house.sql("ALTER TABLE incidents RENAME TO away")
    incident = (await house.incidents.triggers.enter(trigger())).incident
    stale = house.reserve.read_bytes()
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.incidents.all_clear(incident.id, ANNA)
    await house.stop()
    house.reserve.write_bytes(stale)
    await house.start()
    assert house.incidents.open() == ()


async def no_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the database nor the reserve file takes an incident from now on."""

    def fail(_reserve: Reserve, _value: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    await house.sql("ALTER TABLE incidents RENAME TO away")
    monkeypatch.setattr(Reserve, "save", fail)


async def test_a_table_of_records_that_fails_stops_no_alarm_and_its_records_come_later(house: House) -> None:
    await house.sql("ALTER TABLE audit_records RENAME TO away")
    incident = (await house.incidents.triggers.enter(trigger())).incident
    assert house.incidents.open() == (incident,)
    assert house.value("record_failures_total") == 1
    assert house.audit.spooling
    await house.sql("ALTER TABLE away RENAME TO audit_records")
    await house.restart()
    await house.audit.catch_up()
    assert house.incidents.open() == (incident,)
    assert await house.recorded() == ["incident_opened"]


async def test_a_press_whose_request_is_cancelled_counts_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process is cancelled after the disk has taken the commit."""
    original = house.database.owed._session

    class Torn:
        def __init__(self, urgency: Urgency) -> None:
            self.inner = original(urgency)

        async def __aenter__(self) -> object:
            return await self.inner.__aenter__()

        async def __aexit__(self, *details: object) -> None:
            await self.inner.__aexit__(None, None, None)
            raise asyncio.CancelledError

    monkeypatch.setattr(house.database.owed, "_session", Torn)
    with pytest.raises(asyncio.CancelledError):
        await house.incidents.triggers.enter(trigger())
    monkeypatch.undo()
    [change] = house.changes
    assert (change.effect, change.alarm, change.previous_state) == (Effect.OPENED, True, None)
    assert house.incidents.open() == (change.incident,)
    assert not (await house.incidents.triggers.enter(trigger())).opened
    assert house.database.owed.count == 0


async def test_the_clock_goes_on_when_the_store_fails_and_the_log_says_so_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    incident = (await house.incidents.triggers.enter(trigger())).incident
    await house.sql("ALTER TABLE incidents RENAME TO away")
    house.clock.skip(4 * HOUR - 1000)
    await house.incidents.tick()
    for _ in range(3):
        await house.database.owed.settle()
    assert caplog.text.count("waits for the database") == 1
    await house.sql("ALTER TABLE away RENAME TO incidents")
    for _ in range(3):
        await house.database.owed.settle()
    assert caplog.text.count("takes writes again") == 1
    found = house.incidents.get(incident.id)
    assert found is not None
    assert found.warnings_sent == {1800}


async def pass_a_second(house: House) -> None:
    """Advance, and wait for the tick that this wakes: the next one begins only when it is done."""
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


async def test_the_database_itself_allows_one_open_incident_a_site_and_kind(house: House) -> None:
    incident = (await house.incidents.triggers.enter(trigger())).incident
    with pytest.raises(IntegrityError):
        async with house.database.session() as session:
            await write(session, to_values(replace(incident, id="another")))
    async with house.database.session() as session:
        await write(session, to_values(replace(incident, id="another", state=IncidentState.EXPIRED)))
