import asyncio
import logging
from collections.abc import Callable

import pytest

from gateway.auth.invitations import Invitations, invitation_link, qr_text
from gateway.auth.sessions import SignInSessions
from gateway.configuration.settings import TokenSettings
from gateway.errors import StorageError, Unauthenticated
from gateway.models import Principal, Role, SiteId
from gateway.storage.change import Change
from gateway.storage.database import Database
from gateway.storage.owed import MOST_THAT_MAY_BE_REFUSED
from tests.fakes import FakeClock
from tests.storage.full_disk import full_database

COORDINATOR = Principal("c-1", "Ms. Ruiz", Role.COORDINATOR, frozenset({SiteId("oak")}))


@pytest.fixture
def invitations(db: Database, settings: TokenSettings, clock: FakeClock) -> Invitations:
    return Invitations(db, settings, clock)


async def refusal(invitations: Invitations, code: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await invitations.redeem(code)
    assert refused.value.code == "invitation_refused"
    return refused.value.detail


async def test_an_invitation_signs_in_the_person_it_was_made_for(invitations: Invitations) -> None:
    assert await invitations.redeem(await invitations.create(COORDINATOR)) == COORDINATOR


async def test_a_code_is_url_safe_and_only_its_digest_is_stored(
    invitations: Invitations, stored: Callable[[str], bool]
) -> None:
    code = await invitations.create(COORDINATOR)
    assert len(code) == 43  # 256 bits
    assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert not stored(code)


async def test_used_expired_and_invented_codes_are_refused_with_the_same_words(
    invitations: Invitations, settings: TokenSettings, clock: FakeClock
) -> None:
    used, late = await invitations.create(COORDINATOR), await invitations.create(COORDINATOR)
    await invitations.redeem(used)
    words = {await refusal(invitations, used), await refusal(invitations, "invented"), await refusal(invitations, "")}
    await clock.advance(settings.invitation_lifetime - 0.001)
    just = await invitations.create(COORDINATOR)
    await clock.advance(0.001)
    words.add(await refusal(invitations, late))
    assert len(words) == 1
    assert await invitations.redeem(just) == COORDINATOR


async def test_if_many_people_redeem_at_once_only_one_gets_in(invitations: Invitations) -> None:
    code = await invitations.create(COORDINATOR)
    answers = await asyncio.gather(*(invitations.redeem(code) for _ in range(8)), return_exceptions=True)
    assert answers.count(COORDINATOR) == 1
    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 7


async def test_if_two_gateways_share_a_database_only_one_accepts_the_code(
    db: Database, invitations: Invitations, settings: TokenSettings, clock: FakeClock
) -> None:
    assert db.path is not None
    other = Database(f"sqlite+aiosqlite:///{db.path}")
    await other.open()
    code = await invitations.create(COORDINATOR)
    beside = Invitations(other, settings, clock)
    answers = await asyncio.gather(invitations.redeem(code), beside.redeem(code), return_exceptions=True)
    await other.close()
    assert answers.count(COORDINATOR) == 1


async def test_a_used_code_stays_used_after_a_restart(
    db: Database, invitations: Invitations, settings: TokenSettings, clock: FakeClock
) -> None:
    code = await invitations.create(COORDINATOR)
    await invitations.redeem(code)
    await refusal(Invitations(db, settings, clock), code)


async def test_no_code_is_logged_or_repeated(invitations: Invitations, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = await invitations.create(COORDINATOR)
    await invitations.redeem(code)
    assert code not in await refusal(invitations, code)
    assert code not in caplog.text


@pytest.mark.parametrize("url", ["https://sightline.example", "https://sightline.example/"])
def test_the_code_is_in_the_fragment(url: str) -> None:
    assert invitation_link(url, "abc") == "https://sightline.example/#invite=abc"


def test_the_link_fits_a_terminal_as_a_qr_code() -> None:
    lines = qr_text(invitation_link("https://sightline.example", "a" * 43)).splitlines()
    assert 15 <= len(lines) <= 24
    assert max(map(len, lines)) <= 80


async def test_if_nothing_can_be_written_nobody_is_signed_in_and_no_link_is_used_up(
    db: Database, invitations: Invitations, settings: TokenSettings, clock: FakeClock
) -> None:
    sessions, code = SignInSessions(db, settings, clock), await invitations.create(COORDINATOR)
    with full_database():  # There is no reserve either, as `start` was not called.
        with pytest.raises(StorageError):
            await invitations.redeem(code)
        with pytest.raises(StorageError):
            await sessions.create(COORDINATOR)
    assert db.owed.count == 0
    assert await sessions.people() == []
    assert await invitations.redeem(code) == COORDINATOR


async def test_a_link_redeemed_with_the_reserve_works_once_and_its_sign_in_is_like_any_other(
    db: Database, invitations: Invitations, settings: TokenSettings, clock: FakeClock
) -> None:
    sessions, code = SignInSessions(db, settings, clock), await invitations.create(COORDINATOR)
    await db.owed.start()
    with full_database():
        answers = await asyncio.gather(*(invitations.redeem(code) for _ in range(4)), return_exceptions=True)
        assert answers.count(COORDINATOR) == 1
        assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 3
        former = await sessions.lookup(await sessions.create(COORDINATOR))
        assert former is not None
        cookie = await sessions.create(COORDINATOR, instead_of=former.id)
        sign_in = await sessions.lookup(cookie)
        assert sign_in is not None
        assert await sessions.living_of("c-1") == [sign_in]
        assert await sessions.over([former.id, sign_in.id]) == {former.id: False}
        assert [known for _, known in await sessions.cookies()] == [sign_in.id]
    await db.owed.settle()
    assert db.owed.count == 0
    assert await sessions.lookup(cookie) == sign_in
    assert await sessions.living_of("c-1") == [sign_in]
    await refusal(invitations, code)


async def test_sign_ins_leave_the_reserve_to_alarms(db: Database, invitations: Invitations) -> None:
    code = await invitations.create(COORDINATOR)
    await db.owed.start()
    db.owed.hold(Change("incident", str(number), {}) for number in range(MOST_THAT_MAY_BE_REFUSED))
    with full_database():
        with pytest.raises(StorageError, match="disk is full"):
            await invitations.redeem(code)
        assert await db.owed.commit([Change("incident", "one more", {})]), "an alarm still goes in"
