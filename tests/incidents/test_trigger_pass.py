"""Follows a trigger from its message to its answer: what is open, on disk, published and on record afterwards."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.errors import Conflict, StorageError
from gateway.incidents.changes import IncidentChange
from gateway.incidents.incident_events import Effect
from gateway.incidents.store import to_values, write
from gateway.models import IncidentState, Role
from tests.incidents.house import ANNA, DRILL, ELM, HOUR, OAK, REAL, TEST, House, no_disk, trigger


async def test_a_trigger_opens_an_incident_that_is_published_after_its_commit(house: House) -> None:
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


async def test_the_record_says_who_did_what_where_and_why(house: House) -> None:
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


async def test_triggers_at_other_sites_or_of_other_kinds_do_not_join(house: House) -> None:
    for site, kind in ((OAK, DRILL), (OAK, TEST), (ELM, REAL)):
        assert (await house.incidents.triggers.enter(trigger(kind, site))).opened
    assert len(house.incidents.open()) == 3


async def test_a_real_trigger_supersedes_drill_and_test_at_once_and_sounds(house: House) -> None:
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


async def test_repeats_merge_for_half_an_hour_and_then_sound_again(house: House) -> None:
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


async def test_a_failing_subscriber_harms_nobody(house: House, caplog: pytest.LogCaptureFixture) -> None:
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


async def test_a_database_that_cannot_be_written_does_not_stop_an_alarm(house: House) -> None:
    """A regression: on a full disk an alarm used to be answered with 503, and opened nothing."""
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


async def test_an_alarm_that_cannot_be_written_to_any_disk_sounds_but_its_sender_gets_no_success(
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


async def test_a_failing_table_of_records_does_not_stop_an_alarm_and_its_records_are_written_later(
    house: House,
) -> None:
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


async def test_a_press_whose_request_is_cancelled_still_counts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as if the request were cancelled after the commit has reached the disk."""
    commit = house.audit.commit

    async def torn(*arguments: Any) -> bool:
        await commit(*arguments)
        raise asyncio.CancelledError

    monkeypatch.setattr(house.audit, "commit", torn)
    with pytest.raises(asyncio.CancelledError):
        await house.incidents.triggers.enter(trigger())
    monkeypatch.undo()
    [change] = house.changes
    assert (change.effect, change.alarm, change.previous_state) == (Effect.OPENED, True, None)
    assert house.incidents.open() == (change.incident,)
    assert not (await house.incidents.triggers.enter(trigger())).opened
    assert house.database.owed.count == 0


async def test_the_database_itself_allows_one_open_incident_per_site_and_kind(house: House) -> None:
    incident = (await house.incidents.triggers.enter(trigger())).incident
    with pytest.raises(IntegrityError):
        async with house.database.session() as session:
            await write(session, to_values(replace(incident, id="another")))
    async with house.database.session() as session:
        await write(session, to_values(replace(incident, id="another", state=IncidentState.EXPIRED)))
