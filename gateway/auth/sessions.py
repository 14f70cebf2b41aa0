"""Keeps sign-ins. Each lasts one shift, is identified by a cookie, and survives restarts of the gateway.

A device that the configuration names has a standing sign-in instead, which has no end of its own.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable

from sqlalchemy import ColumnElement, delete, or_, update

from gateway.auth.principals import from_row, to_columns
from gateway.auth.secret import digest, new_id, new_secret
from gateway.auth.sign_in_rows import BEGUN, ENDED, UNTIL, SignIn, SignInRows, ending, row_of, sign_in_of
from gateway.clock import Clock
from gateway.configuration.settings import TokenSettings
from gateway.errors import StorageError
from gateway.models import Principal
from gateway.storage.change import Change
from gateway.storage.database import Database
from gateway.storage.tables import SignInSessionRow

__all__ = ["SignIn", "SignInSessions"]

STANDING = 100 * 365 * 86_400.0
"""Seconds after which a standing sign-in ends: never, in practice. Until then its row stays, so that an end by a person
is remembered for as long as the secret is in use."""

_STANDING_MARK = b"standing:"
"""Begins the key of a standing sign-in, which is thus longer than any cookie's digest. So a device's secret opens no
page, however it is sent."""


class SignInSessions:
    """Begins, finds, extends and ends sign-ins.

    A sign-in ends when the person signs out, when another one begins on the same device, or when its time is up.
    """

    def __init__(self, db: Database, settings: TokenSettings, clock: Clock) -> None:
        self._db = db
        self._lifetime = settings.session_lifetime
        self._clock = clock
        self._standing = asyncio.Lock()
        self._rows = SignInRows(db)

    async def create(self, principal: Principal, instead_of: str | None = None) -> str:
        """Sign ``principal`` in, and end the sign-in ``instead_of``.

        Return the cookie's value, of which only a digest is kept. On return the sign-in is on disk: in the database, or
        in the reserve file if the database accepts no writes. Raises StorageError.
        """
        now, cookie = self._clock.now(), new_secret()
        values = {
            "id": new_id(),
            "cookie_sha256": digest(cookie).hex(),
            "created_at": now,
            "expires_at": now + self._lifetime,
            **to_columns(principal),
        }
        try:
            async with self._db.session() as session:
                await session.execute(delete(SignInSessionRow).where(SignInSessionRow.expires_at <= now))
                if instead_of is not None:
                    await session.execute(ending(instead_of, now))
                session.add(row_of(values))
        except StorageError:
            ended = [] if instead_of is None else [Change(ENDED, instead_of, {"id": instead_of, "ended_at": now})]
            await self._db.owed.commit_or_forget([Change(BEGUN, values["id"], values), *ended])
        return cookie

    async def stand(self, secret: str, principal: Principal) -> SignIn | None:
        """Return the standing sign-in of the configured device with this secret. Begin it at its first use.

        Return None if somebody has ended it: it stays ended for as long as the secret is the same. Raises StorageError.
        """
        key = _standing_key(secret)
        async with self._standing:
            known = await self._rows.matching(SignInSessionRow.cookie_sha256 == key)
            for row in known:
                if row.cookie_sha256 == key:
                    return None if self._rows.has_ended(row) else await self._described(row, principal)
            return await self._begin_standing(key, principal)

    async def end_standing_except(self, secrets: Iterable[str]) -> None:
        """End the standing sign-ins of devices whose secrets are no longer in use."""
        kept = {_standing_key(secret) for secret in secrets}
        for row in await self._all_living():
            if row.cookie_sha256.startswith(_STANDING_MARK) and row.cookie_sha256 not in kept:
                await self.end(row.id)

    async def lookup(self, cookie: str) -> SignIn | None:
        """Return the sign-in with this cookie, or None if it has ended."""
        key = digest(cookie)
        return await self._living(SignInSessionRow.cookie_sha256 == key, lambda row: row.cookie_sha256 == key)

    async def by_id(self, session_id: str) -> SignIn | None:
        """Return the sign-in with this public id, which a token's ``sid`` contains, or None if it has ended."""
        return await self._living(SignInSessionRow.id == session_id, lambda row: row.id == session_id)

    async def people(self) -> list[Principal]:
        """Return everybody who is signed in now, once each, sorted by name."""
        found = {row.principal_id: from_row(row) for row in await self._all_living()}
        return sorted(found.values(), key=lambda principal: (principal.name, principal.id))

    async def cookies(self) -> list[tuple[bytes, str]]:
        """Return the digest of the cookie and the id of each sign-in that has not ended."""
        return [(row.cookie_sha256, row.id) for row in await self._all_living()]

    async def living_of(self, who: str) -> list[SignIn]:
        """Return the sign-ins of one person or device, by id or name, that have not ended."""
        now = self._clock.now()
        return [sign_in for sign_in in await self.not_signed_out(who) if sign_in.expires_at > now]

    async def not_signed_out(self, who: str) -> list[SignIn]:
        """Return the sign-ins of one person or device that nobody has ended, even if their time is up.

        The caller's clock may be hours away from the gateway's time, which decides when they end.
        """
        theirs = or_(SignInSessionRow.principal_id == who, SignInSessionRow.principal_name == who)
        rows = await self._rows.not_ended(theirs, lambda row: who in {row.principal_id, row.principal_name})
        return [sign_in_of(row) for row in rows]

    async def signed_out(self, who: str) -> list[SignIn]:
        """Return the sign-ins of one person or device, by id or name, that somebody has ended before their time."""
        theirs = or_(SignInSessionRow.principal_id == who, SignInSessionRow.principal_name == who)
        rows = await self._rows.matching(theirs)
        return [
            sign_in_of(row)
            for row in rows
            if who in {row.principal_id, row.principal_name} and self._rows.has_ended(row)
        ]

    async def ending_before(self, at: float) -> list[SignIn]:
        """Return the sign-ins whose time is up before ``at``, including those that have just ended.

        Leave out those that somebody has ended.
        """
        rows = await self._rows.not_ended(SignInSessionRow.expires_at < at, lambda row: row.expires_at < at)
        return [sign_in_of(row) for row in rows]

    async def prolong(self, session_id: str, until: float) -> bool:
        """Move a sign-in's end forward to ``until``, never back. Return False if it was not moved. Raises StorageError.

        The new end takes effect even if it cannot be written to any disk, so that a full disk signs nobody out.
        """
        rows = await self._rows.not_ended(SignInSessionRow.id == session_id, lambda row: row.id == session_id)
        if not rows or self._rows.end_of(session_id, rows[0].expires_at) >= until:
            return False
        await self._db.owed.commit([Change(UNTIL, session_id, {"id": session_id, "expires_at": until})])
        return True

    async def over(self, ids: Collection[str]) -> dict[str, bool]:
        """Return the sign-ins that have ended, each with True if its time was up and False if somebody ended it."""
        rows = {row.id: row for row in await self._rows.matching(SignInSessionRow.id.in_(ids)) if row.id in ids}
        now = self._clock.now()
        # A missing row was deleted after its time was up.
        over = {known: True for known in ids if known not in rows}
        for row in rows.values():
            if row.ended_at is not None or self._db.owed.get(ENDED, row.id) is not None:
                over[row.id] = False
            elif self._rows.end_of(row.id, row.expires_at) <= now:
                over[row.id] = True
        return over

    async def end(self, session_id: str) -> bool:
        """End a sign-in at once. Calling this twice is harmless.

        Return False if the end cannot be written to any disk now. It takes effect all the same and the write is
        retried, but a crash before then would undo it.
        """
        values = {"id": session_id, "ended_at": self._clock.now()}
        return await self._db.owed.commit([Change(ENDED, session_id, values)])

    async def _living(self, which: ColumnElement[bool], same: Callable[[SignInSessionRow], bool]) -> SignIn | None:
        rows = await self._rows.not_ended(which, same)
        if not rows or self._rows.end_of(rows[0].id, rows[0].expires_at) <= self._clock.now():
            return None
        return sign_in_of(rows[0])

    async def _begin_standing(self, key: bytes, principal: Principal) -> SignIn:
        now = self._clock.now()
        values = {
            "id": new_id(),
            "cookie_sha256": key.hex(),
            "created_at": now,
            "expires_at": now + STANDING,
            **to_columns(principal),
        }
        try:
            async with self._db.session() as session:
                session.add(row_of(values))
        except StorageError:
            await self._db.owed.commit_or_forget([Change(BEGUN, values["id"], values)])
        return sign_in_of(row_of(values))

    async def _described(self, row: SignInSessionRow, principal: Principal) -> SignIn:
        """Return a sign-in after giving it the name, role and schools that the configuration has for it now."""
        if from_row(row) != principal:
            columns = to_columns(principal)
            async with self._db.session() as session:
                await session.execute(update(SignInSessionRow).where(SignInSessionRow.id == row.id).values(**columns))
        return SignIn(row.id, principal, row.expires_at, row.created_at)

    async def _all_living(self) -> list[SignInSessionRow]:
        now = self._clock.now()
        return await self._rows.not_ended(SignInSessionRow.expires_at > now, lambda row: row.expires_at > now)


def _standing_key(secret: str) -> bytes:
    return _STANDING_MARK + digest(secret)
