import asyncio

import pytest

from gateway.storage.turns import Turns, Urgency
from tests.fakes import FakeClock


async def settle() -> None:
    await FakeClock().settle()


async def test_an_alarm_overtakes_a_thousand_waiting_writes() -> None:
    turns, order = Turns(), list[str]()

    async def write(name: str, urgency: Urgency) -> None:
        await turns.take(urgency)
        order.append(name)
        turns.give()

    await turns.take(Urgency.RECORD)
    async with asyncio.TaskGroup() as group:
        for number in range(1000):
            group.create_task(write(f"record {number}", Urgency.RECORD))
        group.create_task(write("grant", Urgency.PERMISSION))
        group.create_task(write("alarm", Urgency.ALARM))
        await settle()
        assert order == [], "one at a time"
        turns.give()
    assert order == ["alarm", "grant", *(f"record {number}" for number in range(1000))]


async def test_a_writer_cancelled_while_waiting_is_skipped() -> None:
    turns = Turns()
    await turns.take(Urgency.RECORD)
    first, second = (asyncio.create_task(turns.take(Urgency.RECORD)) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    turns.give()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_turn_that_reaches_a_cancelled_writer_is_not_lost() -> None:
    turns = Turns()
    await turns.take(Urgency.RECORD)
    first, second = (asyncio.create_task(turns.take(Urgency.RECORD)) for _ in range(2))
    await settle()
    turns.give()  # The first one gets it, and is cancelled before it runs.
    first.cancel()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
