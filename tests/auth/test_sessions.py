import logging
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from gateway.auth.sessions import SignInSessions
from gateway.configuration.settings import TokenSettings
from gateway.models import Principal, Role, SiteId
from gateway.storage.database import Database
from gateway.storage.tables import SignInSessionRow
from tests.fakes import FakeClock

COORDINATOR = Principal("c-1", "Ms. Ruiz", Role.COORDINATOR, frozenset({SiteId("oak"), SiteId("elm")}))
SHIFT = 12 * 3600.0


@pytest.fixture
def sessions(db: Database, settings: TokenSettings, clock: FakeClock) -> SignInSessions:
    return SignInSessions(db, settings, clock)


async def test_a_cookie_identifies_the_person_who_signed_in(sessions: SignInSessions, clock: FakeClock) -> None:
    cookie = await sessions.create(COORDINATOR)
    sign_in = await sessions.lookup(cookie)
    assert sign_in is not None
    assert (sign_in.principal, sign_in.expires_at) == (COORDINATOR, clock.now() + SHIFT)
    assert await sessions.by_id(sign_in.id) == sign_in


async def test_a_cookie_has_256_bits_and_only_its_digest_is_stored(
    sessions: SignInSessions, stored: Callable[[str], bool]
) -> None:
    cookie = await sessions.create(COORDINATOR)
    assert len(cookie) == 43
    assert cookie != await sessions.create(COORDINATOR)
    assert stored("Ms. Ruiz")
    assert not stored(cookie)


async def test_a_session_survives_a_restart(
    sessions: SignInSessions, db: Database, settings: TokenSettings, clock: FakeClock
) -> None:
    cookie = await sessions.create(COORDINATOR)
    assert await SignInSessions(db, settings, clock).lookup(cookie) == await sessions.lookup(cookie)


async def test_a_session_ends_with_the_shift(sessions: SignInSessions, clock: FakeClock) -> None:
    cookie = await sessions.create(COORDINATOR)
    await clock.advance(SHIFT - 0.001)
    sign_in = await sessions.lookup(cookie)
    assert sign_in is not None
    await clock.advance(0.001)
    assert await sessions.lookup(cookie) is None
    assert await sessions.by_id(sign_in.id) is None


async def test_signing_out_ends_one_session_for_good(
    sessions: SignInSessions, db: Database, settings: TokenSettings, clock: FakeClock
) -> None:
    cookie, other = await sessions.create(COORDINATOR), await sessions.create(COORDINATOR)
    sign_in = await sessions.lookup(cookie)
    assert sign_in is not None
    await sessions.end(sign_in.id)
    await sessions.end(sign_in.id)
    for each in (sessions, SignInSessions(db, settings, clock)):
        assert await each.lookup(cookie) is None
        assert await each.by_id(sign_in.id) is None
        assert await each.lookup(other) is not None


@pytest.mark.parametrize("cookie", ["", "x", "\x00", "\ud800", "a" * 100_000, "' OR 1=1 --"])
async def test_a_wrong_cookie_identifies_nobody(sessions: SignInSessions, cookie: str) -> None:
    await sessions.create(COORDINATOR)
    assert await sessions.lookup(cookie) is None


async def test_a_session_id_does_not_work_as_a_cookie(sessions: SignInSessions) -> None:
    sign_in = await sessions.lookup(await sessions.create(COORDINATOR))
    assert sign_in is not None
    assert await sessions.lookup(sign_in.id) is None


async def test_ended_shifts_are_forgotten(sessions: SignInSessions, db: Database, clock: FakeClock) -> None:
    await sessions.create(COORDINATOR)
    await clock.advance(SHIFT)
    await sessions.create(COORDINATOR)
    async with db.reading() as session:
        assert (await session.scalars(select(func.count()).select_from(SignInSessionRow))).one() == 1


async def test_no_cookie_is_logged(sessions: SignInSessions, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cookie = await sessions.create(COORDINATOR)
    await sessions.lookup(cookie)
    assert cookie not in caplog.text
