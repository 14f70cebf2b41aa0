"""A device that the configuration names stays signed in until somebody ends that, and its secret is not a cookie."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.auth.sessions import SignInSessions
from gateway.configuration.settings import TokenSettings
from gateway.models import Principal, Role, SiteId
from gateway.storage.database import Database
from tests.fakes import FakeClock
from tests.storage.full_disk import full_database

SECRET = "wall-1-" + "s" * 32
WALL = Principal("player:wall-1", "Wall 1", Role.DISPATCHER, frozenset({SiteId("oak")}))


@pytest.fixture
def sessions(db: Database, settings: TokenSettings, clock: FakeClock) -> SignInSessions:
    return SignInSessions(db, settings, clock)


async def test_it_begins_once_and_outlives_shifts_and_restarts(
    sessions: SignInSessions, db: Database, settings: TokenSettings, clock: FakeClock
) -> None:
    first, *others = await asyncio.gather(*(sessions.stand(SECRET, WALL) for _ in range(5)))
    assert first is not None
    assert others == [first] * 4
    clock.skip(400 * 86_400)
    await sessions.create(Principal("p", "P", Role.PATROL))  # which deletes sign-ins whose time is up
    again = SignInSessions(db, settings, clock)
    assert await again.stand(SECRET, WALL) == first
    assert await again.by_id(first.id) == first


async def test_somebody_who_ends_it_ends_it_for_good(
    sessions: SignInSessions, db: Database, settings: TokenSettings, clock: FakeClock
) -> None:
    sign_in = await sessions.stand(SECRET, WALL)
    assert sign_in is not None
    await sessions.end(sign_in.id)
    assert await sessions.stand(SECRET, WALL) is None
    clock.skip(400 * 86_400)
    await sessions.create(Principal("p", "P", Role.PATROL))
    assert await SignInSessions(db, settings, clock).stand(SECRET, WALL) is None


async def test_its_secret_does_not_work_as_a_cookie_and_is_not_stored(
    sessions: SignInSessions, stored: Callable[[str], bool]
) -> None:
    await sessions.stand(SECRET, WALL)
    for cookie in (SECRET, f"standing:{SECRET}", "standing:"):
        assert await sessions.lookup(cookie) is None
    assert not stored(SECRET)


async def test_the_sign_in_of_a_device_no_longer_configured_ends_and_no_persons_does(
    sessions: SignInSessions,
) -> None:
    cookie = await sessions.create(Principal("p", "P", Role.PATROL))
    kept, gone = await sessions.stand(SECRET, WALL), await sessions.stand("x" * 40, WALL)
    assert kept is not None
    assert gone is not None
    await sessions.end_standing_except([SECRET])
    assert await sessions.by_id(kept.id) == kept
    assert await sessions.by_id(gone.id) is None
    assert await sessions.lookup(cookie) is not None


async def test_on_a_full_disk_it_begins_in_the_reserve_and_is_the_same_later(
    sessions: SignInSessions, db: Database
) -> None:
    await db.owed.start()
    with full_database():
        first = await sessions.stand(SECRET, WALL)
        assert first is not None
        assert await sessions.stand(SECRET, WALL) == first
        assert await sessions.by_id(first.id) == first
    await db.owed.settle()
    assert db.owed.count == 0
    assert await sessions.stand(SECRET, WALL) == first
