from collections.abc import Callable

from sqlalchemy import func, select

from gateway.auth.keys import KEPT_AFTER_RETIREMENT, KeyStore
from gateway.storage.database import Database
from gateway.storage.tables import SigningKeyRow
from tests.fakes import FakeClock


async def started(db: Database, clock: FakeClock) -> KeyStore:
    keys = KeyStore(db, clock)
    await keys.start()
    return keys


async def rows(db: Database) -> int:
    async with db.reading() as session:
        return (await session.scalars(select(func.count()).select_from(SigningKeyRow))).one()


async def test_the_first_start_creates_a_key_and_the_next_finds_it(db: Database, clock: FakeClock) -> None:
    first = await started(db, clock)
    second = await started(db, clock)
    assert first.current().kid == second.current().kid
    assert first.jwks() == second.jwks()


async def test_a_key_is_on_disk_before_it_signs(db: Database, clock: FakeClock, stored: Callable[[str], bool]) -> None:
    keys = await started(db, clock)
    assert stored(keys.current().kid)
    assert stored(await keys.rotate())


async def test_only_public_keys_are_published(db: Database, clock: FakeClock) -> None:
    (key,) = (await started(db, clock)).jwks()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")


async def test_a_retired_key_verifies_until_its_last_token_has_expired(db: Database, clock: FakeClock) -> None:
    keys = await started(db, clock)
    old = keys.current().kid
    new = await keys.rotate()
    assert keys.current().kid == new != old
    await clock.advance(KEPT_AFTER_RETIREMENT)
    assert keys.verifying(old) is not None
    assert {key["kid"] for key in keys.jwks()["keys"]} == {old, new}
    await clock.advance(0.001)
    assert keys.verifying(old) is None
    assert {key["kid"] for key in keys.jwks()["keys"]} == {new}


async def test_retired_keys_survive_a_restart_and_are_forgotten_at_the_next_rotation(
    db: Database, clock: FakeClock
) -> None:
    keys = await started(db, clock)
    old = keys.current().kid
    await keys.rotate()
    assert (await started(db, clock)).verifying(old) is not None
    await clock.advance(KEPT_AFTER_RETIREMENT + 1)
    await keys.rotate()
    assert keys.verifying(old) is None
    assert await rows(db) == 2


async def test_a_keys_repr_reveals_nothing(db: Database, clock: FakeClock) -> None:
    key = (await started(db, clock)).current()
    assert "EllipticCurve" not in repr(key)
