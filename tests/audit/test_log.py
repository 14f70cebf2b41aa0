import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.kinds import Kind
from gateway.audit.log import AuditEvent, AuditLog
from gateway.audit.spool import SIZE, Spool
from gateway.errors import StorageError
from gateway.metrics import Metrics
from gateway.models import Role
from gateway.storage.database import Database
from gateway.storage.turns import Urgency
from tests.databases import db as db
from tests.fakes import FakeClock

EVENT = AuditEvent(
    kind=Kind.VIEW_OPENED,
    principal="anna",
    name="Anna",
    role=Role.DISPATCHER,
    site="oak",
    camera="oak-entrance",
    incident="1f",
    outcome="refused",
    reason="no_incident",
    origin_address="10.0.0.7",
    detail={"stream": "main", "seconds": 1.5},
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Return the spool of the log, beside its database."""
    return Spool(tmp_path / "audit-spool.jsonl", SIZE)


@pytest.fixture
def audit(db: Database, clock: FakeClock, metrics: Metrics) -> AuditLog:
    return AuditLog(db, clock, metrics)


async def rename(db: Database, old: str, new: str) -> None:
    async with db.session() as session:
        await session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def kinds(audit: AuditLog) -> list[str]:
    return [record.event.kind for record in await audit.read()]


def failures(metrics: Metrics) -> float:
    return metrics.registry.get_sample_value("sightline_record_failures_total") or 0.0


async def test_appended_records_are_read_back_whole(audit: AuditLog, clock: FakeClock) -> None:
    clock.jump(0.0678)
    await audit.append(EVENT)
    [record] = await audit.read()
    assert record.event == EVENT
    assert record.at == 1_700_000_000.06
    assert record.id == 1


async def test_ids_increase_and_are_never_reused(audit: AuditLog, db: Database) -> None:
    await asyncio.gather(*(audit.append(AuditEvent(kind=Kind(str(number)))) for number in range(5)))
    assert [record.id for record in await audit.read()] == [1, 2, 3, 4, 5]
    async with db.session() as session:
        await session.execute(text("DELETE FROM audit_records WHERE id = 5"))
    await audit.append(EVENT)
    assert (await audit.read())[-1].id == 6


async def test_reading_gives_the_newest_records_of_a_period_oldest_first(audit: AuditLog, clock: FakeClock) -> None:
    start = clock.now()
    for number in range(6):
        await audit.append(AuditEvent(kind=Kind(str(number))))
        await clock.advance(10)
    assert [r.event.kind for r in await audit.read(since=start + 10, until=start + 50)] == ["1", "2", "3", "4"]
    assert [r.event.kind for r in await audit.read(limit=2)] == ["4", "5"]
    assert await audit.read(since=start + 60) == []


async def test_a_record_in_a_transaction_shares_its_fate(audit: AuditLog, db: Database) -> None:
    async def fail() -> None:
        async with db.session() as session:
            audit.add(session, audit.record(AuditEvent(kind=Kind("undone"))))
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with db.session() as session:
        audit.add(session, audit.record(AuditEvent(kind=Kind("done"))))
    assert await kinds(audit) == ["done"]


async def test_a_failing_store_does_not_disturb_the_caller(
    audit: AuditLog, db: Database, metrics: Metrics, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    await rename(db, "audit_records", "away")
    with caplog.at_level(logging.INFO):
        for number in range(3):
            await audit.append(AuditEvent(kind=Kind(str(number))))
    assert audit.spooling
    assert failures(metrics) == 3
    assert caplog.text.count("spooling to") == 1
    with pytest.raises(StorageError):
        await audit.read()

    await rename(db, "away", "audit_records")
    await audit.append(AuditEvent(kind=Kind("after")))
    await audit.catch_up()
    assert not audit.spooling
    assert sorted(await kinds(audit)) == ["0", "1", "2", "after"]
    assert spool.empty


async def test_the_next_start_imports_the_spool_with_its_original_times(
    audit: AuditLog, db: Database, clock: FakeClock
) -> None:
    then = clock.now()
    await rename(db, "audit_records", "away")
    await audit.append(EVENT)
    await rename(db, "away", "audit_records")
    await clock.advance(3600)
    later = AuditLog(db, clock, Metrics())
    await later.start()
    await later.catch_up()
    [record] = await later.read()
    assert (record.event, record.at) == (EVENT, then)
    assert not later.spooling


async def test_a_spool_that_was_imported_but_not_cleared_is_not_imported_twice(
    audit: AuditLog, db: Database, clock: FakeClock, spool: Spool
) -> None:
    await rename(db, "audit_records", "away")
    await audit.append(EVENT)
    await rename(db, "away", "audit_records")
    content = spool.path.read_bytes()
    await audit.append(AuditEvent(kind=Kind("after")))
    await audit.catch_up()
    spool.path.write_bytes(content)
    await AuditLog(db, clock, Metrics()).catch_up()
    assert sorted(await kinds(audit)) == ["after", "view_opened"]


async def test_a_start_while_the_store_still_fails_keeps_the_spool(
    audit: AuditLog, db: Database, clock: FakeClock
) -> None:
    await rename(db, "audit_records", "away")
    await audit.append(EVENT)
    later = AuditLog(db, clock, Metrics())
    await later.start()
    await later.catch_up()
    assert later.spooling
    await rename(db, "away", "audit_records")
    await later.append(AuditEvent(kind=Kind("after")))
    await later.catch_up()
    assert sorted(await kinds(later)) == ["after", "view_opened"]


async def test_if_nothing_can_be_written_the_caller_continues_and_the_record_is_written_later(
    db: Database, clock: FakeClock, metrics: Metrics, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    audit = AuditLog(db, clock, metrics, spool=tmp_path / "missing" / "spool.jsonl")
    await rename(db, "audit_records", "away")
    await audit.append(replace(EVENT, outcome="ok"))
    assert failures(metrics) == 1
    assert "kept in memory" in caplog.text
    assert not await audit.keep_aside([audit.record(AuditEvent(kind=Kind("second")))], StorageError("full"))
    await rename(db, "away", "audit_records")
    await audit.catch_up()
    assert sorted(await kinds(audit)) == ["second", "view_opened"]
    assert not audit.spooling


async def test_records_kept_in_memory_are_limited_and_losses_counted(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    metrics = Metrics()
    audit = AuditLog(db, clock, metrics, spool=tmp_path / "missing" / "spool.jsonl")
    records = [audit.record(AuditEvent(kind=Kind(str(number)))) for number in range(2005)]
    await audit.keep_aside(records, StorageError("full"))
    assert metrics.registry.get_sample_value("sightline_dropped_total", {"where": "records"}) == 5


async def test_refusals_cannot_fill_the_spool_space_kept_for_views(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    metrics = Metrics()
    audit = AuditLog(db, clock, metrics, spool=tmp_path / "spool.jsonl", spool_size=20_000)
    await rename(db, "audit_records", "away")
    for number in range(100):
        await audit.append(AuditEvent(kind=Kind("refused"), outcome="refused", principal=str(number)))
    assert metrics.registry.get_sample_value("sightline_dropped_total", {"where": "refusal_records"})
    assert await audit.keep_aside(
        [audit.record(AuditEvent(kind=Kind.VIEW_OPENED)) for _ in range(20)], StorageError("")
    )


async def test_a_thousand_similar_refusals_make_two_records(audit: AuditLog, clock: FakeClock) -> None:
    refusal = AuditEvent(kind=Kind.VIEW_REFUSED, outcome="refused", principal="aude", reason="role_sees_no_video")
    for _ in range(1000):
        await audit.append(refusal)
    await audit.append(replace(refusal, principal="pat"))
    await clock.advance(61)
    await audit.catch_up()
    records = await audit.read()
    assert [(r.event.principal, r.event.detail) for r in records] == [
        ("aude", {}),
        ("pat", {}),
        ("aude", {"alike": 999}),
    ]


async def test_refusals_that_were_only_counted_are_recorded_when_the_gateway_stops(audit: AuditLog) -> None:
    refusal = AuditEvent(kind=Kind.VIEW_REFUSED, outcome="refused", principal="aude")
    for _ in range(3):
        await audit.append(refusal)
    await audit.finish()
    assert [record.event.detail for record in await audit.read()] == [{}, {"alike": 2}]


async def test_a_thousand_waiting_records_are_written_in_a_few_commits(audit: AuditLog, db: Database) -> None:
    commits = list[Urgency]()
    original = db.session

    def counted(urgency: Urgency = Urgency.PERMISSION) -> AbstractAsyncContextManager[AsyncSession]:
        commits.append(urgency)
        return original(urgency)

    db.session = counted  # type: ignore[method-assign, assignment]
    await asyncio.gather(*(audit.append(AuditEvent(kind=Kind(str(number)))) for number in range(1000)))
    assert sorted(map(int, await kinds(audit))) == list(range(1000))
    assert len(commits) <= 12
    assert set(commits) == {Urgency.RECORD}


async def test_an_alarm_overtakes_a_spool_that_is_being_imported(audit: AuditLog, db: Database) -> None:
    """A regression: the whole spool used to be written in one commit, and an alarm waited seconds for that."""
    await audit.keep_aside(
        [audit.record(AuditEvent(kind=Kind(str(number)))) for number in range(1000)], StorageError("full")
    )
    draining = asyncio.create_task(audit.catch_up())
    async with db.session(Urgency.ALARM):
        pass
    assert not draining.done()
    await draining
    assert len(await kinds(audit)) == 1000


async def test_an_append_while_the_spool_is_imported_loses_nothing(audit: AuditLog, db: Database) -> None:
    await rename(db, "audit_records", "away")
    await asyncio.gather(*(audit.append(AuditEvent(kind=Kind(str(number)))) for number in range(5)))
    await rename(db, "away", "audit_records")
    await asyncio.gather(
        audit.catch_up(), *(audit.append(AuditEvent(kind=Kind(str(number)))) for number in range(5, 10))
    )
    await audit.catch_up()
    assert sorted(await kinds(audit)) == [str(number) for number in range(10)]
