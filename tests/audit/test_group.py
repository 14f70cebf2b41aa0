import asyncio
from collections.abc import Sequence

import pytest

from gateway.audit.group import Group
from tests.fakes import FakeClock


class Disk:
    """Accepts a batch when the test tells it to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Semaphore(0)

    async def commit(self, items: Sequence[int]) -> None:
        await self.gate.acquire()
        self.batches.append(list(items))

    async def take(self, batches: int = 1) -> None:
        for _ in range(batches):
            self.gate.release()
        await FakeClock().settle()


async def waiting(group: Group[int], numbers: range) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(group.put(number)) for number in numbers]
    await FakeClock().settle()
    return tasks


async def test_callers_that_arrive_during_a_commit_share_the_next_one() -> None:
    disk = Disk()
    tasks = await waiting(Group(disk.commit, 100), range(1000))
    await disk.take()
    assert tasks[0].done()
    assert not tasks[1].done(), "nobody is told before it is on disk"
    await disk.take(10)
    await asyncio.gather(*tasks)
    assert [len(batch) for batch in disk.batches] == [1, *[100] * 9, 99]
    assert [number for batch in disk.batches for number in batch] == list(range(1000)), "in order of arrival"


async def test_cancelling_the_caller_that_commits_for_all_loses_nothing() -> None:
    disk = Disk()
    tasks = await waiting(Group(disk.commit, 100), range(4))
    tasks[0].cancel()
    await FakeClock().settle()
    await disk.take()
    await asyncio.gather(*tasks[1:])
    assert disk.batches == [[0, 1, 2, 3]]


async def test_a_caller_that_is_cancelled_while_waiting_is_written_anyway() -> None:
    disk = Disk()
    group = Group(disk.commit, 100)
    tasks = await waiting(group, range(3))
    tasks[1].cancel()
    await disk.take(2)
    await asyncio.gather(tasks[0], tasks[2])
    assert disk.batches == [[0], [1, 2]]
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]


async def test_if_the_next_caller_to_commit_is_cancelled_the_one_after_it_commits() -> None:
    disk = Disk()
    group = Group(disk.commit, 1)
    tasks = await waiting(group, range(3))
    tasks[0].add_done_callback(lambda _: tasks[1].cancel())
    await disk.take(3)
    await tasks[2]
    assert disk.batches == [[0], [1], [2]]
    await disk.take()
    await group.put(3)


async def test_a_flush_writes_what_cancelled_callers_have_left() -> None:
    disk = Disk()
    group = Group(disk.commit, 100)
    [task] = await waiting(group, range(1))
    task.cancel()
    await FakeClock().settle()
    assert disk.batches == []
    flushed = asyncio.create_task(group.flush())
    await disk.take()
    await flushed
    assert disk.batches == [[0]]


async def test_a_flush_with_nothing_to_write_commits_nothing() -> None:
    disk = Disk()
    await Group(disk.commit, 100).flush()
    assert disk.batches == []
