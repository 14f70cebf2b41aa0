from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import StorageError
from gateway.storage.database import Database
from gateway.storage.owed import Owed
from gateway.storage.readiness import Readiness
from gateway.storage.reserve import Reserve
from gateway.storage.turns import Urgency
from tests.databases import database_url
from tests.fakes import FakeClock

SIZE = 4096


def reserve(directory: Path) -> Reserve:
    found = Reserve(directory / "reserve.bin", SIZE)
    found.prepare()
    return found


def test_the_last_value_can_be_read_and_the_file_keeps_its_size(tmp_path: Path) -> None:
    kept = reserve(tmp_path)
    assert kept.load() is None
    for number in range(5):
        kept.save([number])
        assert reserve(tmp_path).load() == [number]
    assert kept.path.stat().st_size == SIZE


def test_a_value_that_is_too_long_leaves_the_previous_one(tmp_path: Path) -> None:
    kept = reserve(tmp_path)
    kept.save("before")
    with pytest.raises(OSError, match="do not fit"):
        kept.save("x" * SIZE)
    assert reserve(tmp_path).load() == "before"


@given(st.integers(0, SIZE // 2 - 1), st.binary(min_size=1, max_size=SIZE // 2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_a_half_torn_by_a_crash_is_not_used(tmp_path: Path, place: int, torn: bytes) -> None:
    kept = reserve(tmp_path)
    kept.load()
    kept.save("before")
    earlier = kept.path.read_bytes()
    kept.save("after")
    content = bytearray(kept.path.read_bytes())
    half = 0 if content[: SIZE // 2] != earlier[: SIZE // 2] else SIZE // 2
    content[half + place : half + min(place + len(torn), SIZE // 2)] = torn[: SIZE // 2 - place]
    kept.path.write_bytes(content)
    assert reserve(tmp_path).load() in ("before", "after")


async def test_dropped_additions_to_an_owed_change_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def full(_urgency: Urgency) -> AsyncIterator[AsyncSession]:
        raise StorageError("no space left on device")
        yield

    async def addition(_session: AsyncSession) -> None: ...

    monkeypatch.setattr("gateway.storage.owed.COMPANIONS", 2)
    owed, dropped = Owed(full, None), list[None]()
    owed.on_dropped = lambda: dropped.append(None)
    for _ in range(5):
        assert not await owed.commit([], addition)
    assert len(dropped) == 3


async def test_readiness_writes_once_however_many_callers_ask(tmp_path: Path) -> None:
    database, clock = Database(database_url(tmp_path)), FakeClock()
    await database.open()
    writes = list[Urgency]()
    original = database.session
    readiness = Readiness(database, clock)

    def counted(urgency: Urgency) -> object:
        writes.append(urgency)
        return original(urgency)

    database.session = counted  # type: ignore[method-assign, assignment]
    for _ in range(100):
        await readiness.check()
    assert writes == [Urgency.RECORD]
    await clock.advance(5)
    await readiness.check()
    assert len(writes) == 2
    await database.close()
