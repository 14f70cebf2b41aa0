import asyncio

import pytest
from sqlalchemy import func, select

from gateway.errors import StorageError
from gateway.incidents.triggers import forgetting
from gateway.incidents.triggers.forgetting import AT_ONCE, EVERY, forget, forget_for_ever
from gateway.incidents.triggers.timing import FARTHEST, KEPT
from gateway.storage.tables import ConsolePressRow, WebhookDeliveryRow
from tests.incidents.house import House


async def fill(house: House, count: int, first: float = 0.0) -> None:
    async with house.database.session() as session:
        for number in range(count):
            at = first + number
            session.add(
                WebhookDeliveryRow(
                    webhook_id="button", message_id=f"{at}", body_sha256=b"", received_at=at, status=200, answer={}
                )
            )
            session.add(
                ConsolePressRow(principal_id="ben", key=f"{at}", site_id="oak", kind="real", room=None, received_at=at)
            )


async def left(house: House) -> tuple[int, int]:
    async with house.database.reading() as session:
        deliveries = (await session.scalars(select(func.count()).select_from(WebhookDeliveryRow))).one()
        presses = (await session.scalars(select(func.count()).select_from(ConsolePressRow))).one()
    return deliveries, presses


def test_an_answer_is_kept_longer_than_its_message_can_be_replayed() -> None:
    assert KEPT > 2 * FARTHEST + EVERY


async def test_old_answers_are_deleted_in_batches_and_newer_ones_stay(house: House) -> None:
    await fill(house, 2 * AT_ONCE + 50)
    await forget(house.database, before=2 * AT_ONCE + 10, newest=0)
    assert await left(house) == (40, 40)
    await forget(house.database, before=0.0, newest=0)
    assert await left(house) == (40, 40)


async def test_setting_the_clock_far_ahead_does_not_delete_the_newest_answers(house: House) -> None:
    await fill(house, 30)
    await forget(house.database, before=1e12, newest=20)
    assert await left(house) == (20, 20)
    await forget(house.database, before=1e12)
    assert await left(house) == (20, 20)


async def test_deletion_continues_every_day_even_if_the_store_fails(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[float] = []

    async def fail(_database: object, before: float) -> None:
        asked.append(before)
        raise StorageError("the disk is full")

    monkeypatch.setattr(forgetting, "forget", fail)
    start = house.clock.now()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(forget_for_ever(house.database, house.clock))
        await house.clock.settle()
        assert asked == [], "a restart loop never waits for it"
        await house.clock.advance(2 * EVERY)
        assert asked == [start + EVERY - KEPT, start + 2 * EVERY - KEPT]
        task.cancel()
    assert caplog.text.count("the disk is full") == 2
