"""Sign-in sessions: a shift's length behind a cookie, across restarts of the gateway."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth.principals import from_row, to_columns
from gateway.auth.secret import digest, new_id, new_secret
from gateway.clock import Clock
from gateway.configuration.settings import TokenSettings
from gateway.errors import StorageError
from gateway.models import Principal
from gateway.storage.database import Database
from gateway.storage.owed import Change
from gateway.storage.tables import SignInSessionRow

BEGUN, ENDED, UNTIL = "sign_in", "sign_out", "sign_in_until"
"""The kinds of change (``storage.owed``) for sign-ins, and for their ends: by a person, and moved on."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A signed-in person or device. ``id`` is public; ``created_at`` and ``expires_at`` are steady seconds."""

    id: str
    principal: Principal
    expires_at: float
    created_at: float


class SignInSessions:
    """Made by an invitation, ended by signing out, by another one on the same device, or by time."""

    def __init__(self, db: Database, settings: TokenSettings, clock: Clock) -> None:
        self._db = db
        self._lifetime = settings.session_lifetime
        self._clock = clock
        db.owed.writer(BEGUN, _write_begin)
        db.owed.writer(ENDED, _write_end)
        db.owed.writer(UNTIL, _write_until)

    async def create(self, principal: Principal, instead_of: str | None = None) -> str:
        """Sign ``principal`` in, and the sign-in ``instead_of`` out. Returns the cookie's value, of which only a digest
        is kept.

        It is on disk on return: in the database or, where that takes nothing, in the reserve file. Raises StorageError.
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
                    await session.execute(_ended(instead_of, now))
                session.add(_row(values))
        except StorageError:
            ended = [] if instead_of is None else [Change(ENDED, instead_of, {"id": instead_of, "ended_at": now})]
            await self._db.owed.commit_or_forget([Change(BEGUN, values["id"], values), *ended])
        return cookie

    async def lookup(self, cookie: str) -> SignIn | None:
        """The living sign-in behind a cookie."""
        key = digest(cookie)
        return await self._living(SignInSessionRow.cookie_sha256 == key, lambda row: row.cookie_sha256 == key)

    async def by_id(self, session_id: str) -> SignIn | None:
        """The living sign-in of this public id, as a token's ``sid`` names it."""
        return await self._living(SignInSessionRow.id == session_id, lambda row: row.id == session_id)

    async def people(self) -> list[Principal]:
        """Everyone who is signed in now, once each, by name."""
        found = {row.principal_id: from_row(row) for row in await self._all_living()}
        return sorted(found.values(), key=lambda principal: (principal.name, principal.id))

    async def cookies(self) -> list[tuple[bytes, str]]:
        """The digest of the cookie and the id of each sign-in that lives now."""
        return [(row.cookie_sha256, row.id) for row in await self._all_living()]

    async def living_of(self, who: str) -> list[SignIn]:
        """The living sign-ins of one person or device, by its id or its name."""
        now = self._clock.now()
        return [sign_in for sign_in in await self.not_signed_out(who) if sign_in.expires_at > now]

    async def not_signed_out(self, who: str) -> list[SignIn]:
        """The sign-ins of one person or device that nobody has ended, whatever the time: the clock of who asks may be
        hours from the gateway's time, by which they end."""
        theirs = or_(SignInSessionRow.principal_id == who, SignInSessionRow.principal_name == who)
        rows = await self._not_ended(theirs, lambda row: who in {row.principal_id, row.principal_name})
        return [_sign_in(row) for row in rows]

    async def signed_out(self, who: str) -> list[SignIn]:
        """The sign-ins of one person or device, by its id or its name, that somebody has ended and that time would not
        have ended yet."""
        theirs = or_(SignInSessionRow.principal_id == who, SignInSessionRow.principal_name == who)
        rows = await self._rows(theirs)
        return [_sign_in(row) for row in rows if who in {row.principal_id, row.principal_name} and self._has_ended(row)]

    async def ending_before(self, at: float) -> list[SignIn]:
        """The sign-ins that end by themselves before ``at``, or have just done so; nobody has signed them out."""
        rows = await self._not_ended(SignInSessionRow.expires_at < at, lambda row: row.expires_at < at)
        return [_sign_in(row) for row in rows]

    async def prolong(self, session_id: str, until: float) -> bool:
        """Move a sign-in's end on to ``until``, never back. Return False if it was not moved. Raises StorageError.

        It holds also where the store takes nothing, so that a full disk signs nobody out.
        """
        rows = await self._not_ended(SignInSessionRow.id == session_id, lambda row: row.id == session_id)
        if not rows or self._end_of(session_id, rows[0].expires_at) >= until:
            return False
        await self._db.owed.commit([Change(UNTIL, session_id, {"id": session_id, "expires_at": until})])
        return True

    async def over(self, ids: Collection[str]) -> dict[str, bool]:
        """Return those of the sign-ins that have ended, whoever ended them; True for those that time ended."""
        rows = {row.id: row for row in await self._rows(SignInSessionRow.id.in_(ids)) if row.id in ids}
        now = self._clock.now()
        # A row that is gone was swept away after its time.
        over = {known: True for known in ids if known not in rows}
        for row in rows.values():
            if row.ended_at is not None or self._db.owed.get(ENDED, row.id) is not None:
                over[row.id] = False
            elif self._end_of(row.id, row.expires_at) <= now:
                over[row.id] = True
        return over

    async def end(self, session_id: str) -> bool:
        """Sign out, at once; to end what has ended is no error.

        Return False if no disk takes it now: it holds, and is tried again, until a crash.
        """
        values = {"id": session_id, "ended_at": self._clock.now()}
        return await self._db.owed.commit([Change(ENDED, session_id, values)])

    async def _living(self, which: ColumnElement[bool], same: Callable[[SignInSessionRow], bool]) -> SignIn | None:
        rows = await self._not_ended(which, same)
        if not rows or self._end_of(rows[0].id, rows[0].expires_at) <= self._clock.now():
            return None
        return _sign_in(rows[0])

    async def _all_living(self) -> list[SignInSessionRow]:
        now = self._clock.now()
        return await self._not_ended(SignInSessionRow.expires_at > now, lambda row: row.expires_at > now)

    async def _not_ended(
        self, which: ColumnElement[bool], same: Callable[[SignInSessionRow], bool]
    ) -> list[SignInSessionRow]:
        """The sign-ins that nobody has ended and that ``which`` and ``same``, the same in both languages, let pass."""
        rows = await self._rows(and_(SignInSessionRow.ended_at.is_(None), which))
        return [row for row in rows if same(row) and not self._has_ended(row)]

    async def _rows(self, which: ColumnElement[bool]) -> list[SignInSessionRow]:
        """Return the database's rows for ``which``, and all that it has still to take."""
        # Looked at before the database is: what is entered in between is then found there.
        aside = {values["id"]: _row(values) for values in self._db.owed.waiting(BEGUN)}
        query = select(SignInSessionRow).where(or_(which, SignInSessionRow.id.in_(aside)) if aside else which)
        async with self._db.reading() as session:
            return list((aside | {row.id: row for row in await session.scalars(query)}).values())

    def _has_ended(self, row: SignInSessionRow) -> bool:
        """Return True if somebody has signed it out, also where the database has still to take that."""
        return row.ended_at is not None or self._db.owed.get(ENDED, row.id) is not None

    def _end_of(self, session_id: str, on_disk: float) -> float:
        prolonged = self._db.owed.get(UNTIL, session_id)
        return on_disk if prolonged is None else max(on_disk, prolonged["expires_at"])


async def _write_begin(session: AsyncSession, values: dict[str, Any]) -> None:
    if await session.get(SignInSessionRow, values["id"]) is None:
        session.add(_row(values))
        await session.flush()  # an end that is owed, too, has to find it


async def _write_end(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(_ended(values["id"], values["ended_at"]))


async def _write_until(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(
        update(SignInSessionRow)
        .where(
            SignInSessionRow.id == values["id"],
            SignInSessionRow.ended_at.is_(None),
            SignInSessionRow.expires_at < values["expires_at"],
        )
        .values(expires_at=values["expires_at"])
    )


def _row(values: dict[str, Any]) -> SignInSessionRow:
    return SignInSessionRow(
        **values | {"cookie_sha256": bytes.fromhex(values["cookie_sha256"])},
        ended_at=None,
    )


def _sign_in(row: SignInSessionRow) -> SignIn:
    return SignIn(row.id, from_row(row), row.expires_at, row.created_at)


def _ended(session_id: str, at: float) -> Update:
    return (
        update(SignInSessionRow)
        .where(SignInSessionRow.id == session_id, SignInSessionRow.ended_at.is_(None))
        .values(ended_at=at)
    )
