import pytest
from sqlalchemy import select

from gateway.auth.revocations import REMEMBERED, Revocations, Subject
from gateway.auth.tokens import MAXIMUM_LIFETIME
from gateway.storage.database import Database
from gateway.storage.tables import RevocationRow
from tests.fakes import FakeClock


@pytest.fixture
async def revocations(db: Database, clock: FakeClock) -> Revocations:
    found = Revocations(db, clock)
    await found.start()
    return found


@pytest.mark.parametrize(
    ("subject", "caught"),
    [
        (Subject.TOKEN, ("x", "s", "g")),
        (Subject.SESSION, ("t", "x", "g")),
        (Subject.GRANT, ("t", "s", "x")),
    ],
)
async def test_a_revocation_affects_only_what_it_names(
    revocations: Revocations, subject: Subject, caught: tuple[str, str, str]
) -> None:
    await revocations.revoke(subject, "x")
    for claims in (("x", "s", "g"), ("t", "x", "g"), ("t", "s", "x"), ("t", "s", "g")):
        assert revocations.is_revoked(*claims) == (claims == caught)


async def test_a_revocation_survives_a_restart(revocations: Revocations, db: Database, clock: FakeClock) -> None:
    await revocations.revoke(Subject.SESSION, "s", by="hq-1")
    again = Revocations(db, clock)
    await again.start()
    assert again.is_revoked("t", "s", "g")


async def test_revoking_twice_is_not_an_error(revocations: Revocations) -> None:
    await revocations.revoke(Subject.GRANT, "g")
    await revocations.revoke(Subject.GRANT, "g")
    assert revocations.is_revoked("t", "s", "g")


async def test_revocations_without_any_valid_token_are_forgotten(
    revocations: Revocations, db: Database, clock: FakeClock
) -> None:
    assert REMEMBERED > MAXIMUM_LIFETIME
    await revocations.revoke(Subject.TOKEN, "old")
    await clock.advance(REMEMBERED - 1)
    await revocations.revoke(Subject.TOKEN, "young")
    assert revocations.is_revoked("old", "s", "g")
    await clock.advance(1)
    await revocations.revoke(Subject.TOKEN, "new")
    assert not revocations.is_revoked("old", "s", "g")
    async with db.reading() as session:
        assert set(await session.scalars(select(RevocationRow.subject_id))) == {"young", "new"}
