"""Sign-in sessions: a shift's length behind a cookie, across restarts of the gateway."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Update, delete, or_, select, update

from gateway.auth.principals import from_row, to_columns
from gateway.auth.secret import digest, new_id, new_secret
from gateway.clock import Clock
from gateway.models import Principal
from gateway.settings import TokenSettings
from gateway.storage.database import Database
from gateway.storage.tables import SignInSessionRow


@dataclass(frozen=True, slots=True)
class SignIn:
    """A signed-in person or device. ``id`` is public; ``created_at`` and ``expires_at`` are wall seconds."""

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
        self._unwritten: dict[str, float] = {}

    async def create(self, principal: Principal, instead_of: str | None = None) -> str:
        """Sign ``principal`` in, and the sign-in ``instead_of`` out. Returns the cookie's value, of which only a digest
        is kept."""
        now, cookie = self._clock.now(), new_secret()
        async with self._db.session() as session:
            await session.execute(delete(SignInSessionRow).where(SignInSessionRow.expires_at <= now))
            if instead_of is not None:
                await session.execute(_ended(instead_of, now))
            session.add(
                SignInSessionRow(
                    id=new_id(),
                    cookie_sha256=digest(cookie),
                    created_at=now,
                    expires_at=now + self._lifetime,
                    ended_at=None,
                    **to_columns(principal),
                )
            )
        return cookie

    async def lookup(self, cookie: str) -> SignIn | None:
        """The living sign-in behind a cookie."""
        return await self._living(SignInSessionRow.cookie_sha256 == digest(cookie))

    async def by_id(self, session_id: str) -> SignIn | None:
        """The living sign-in of this public id, as a token's ``sid`` names it."""
        return await self._living(SignInSessionRow.id == session_id)

    async def people(self) -> list[Principal]:
        """Everyone who is signed in now, once each, by name."""
        query = select(SignInSessionRow).where(
            SignInSessionRow.ended_at.is_(None), SignInSessionRow.expires_at > self._clock.now()
        )
        async with self._db.reading() as session:
            found = {row.principal_id: from_row(row) for row in await session.scalars(query)}
        return sorted(found.values(), key=lambda principal: (principal.name, principal.id))

    async def living_of(self, who: str) -> list[SignIn]:
        """The living sign-ins of one person or device, by its id or its name."""
        query = select(SignInSessionRow).where(
            or_(SignInSessionRow.principal_id == who, SignInSessionRow.principal_name == who),
            SignInSessionRow.ended_at.is_(None),
            SignInSessionRow.expires_at > self._clock.now(),
        )
        async with self._db.reading() as session:
            return [_sign_in(row) for row in await session.scalars(query)]

    async def ending_before(self, at: float) -> list[SignIn]:
        """The sign-ins that end by themselves before ``at``, or have just done so; nobody has signed them out."""
        query = select(SignInSessionRow).where(SignInSessionRow.ended_at.is_(None), SignInSessionRow.expires_at < at)
        async with self._db.reading() as session:
            return [_sign_in(row) for row in await session.scalars(query)]

    async def prolong(self, session_id: str, until: float) -> bool:
        """Move a sign-in's end on to ``until``, never back. Return False if it was not moved.

        Where the store takes nothing (StorageError) it holds in memory, so that a full disk signs nobody out; whoever
        calls tries again.
        """
        later = (
            update(SignInSessionRow)
            .where(
                SignInSessionRow.id == session_id,
                SignInSessionRow.ended_at.is_(None),
                SignInSessionRow.expires_at < until,
            )
            .values(expires_at=until)
            .returning(SignInSessionRow.id)
        )
        self._unwritten[session_id] = until
        async with self._db.session() as session:
            moved = (await session.scalars(later)).one_or_none() is not None
        del self._unwritten[session_id]
        return moved

    async def over(self, ids: Collection[str]) -> dict[str, bool]:
        """Which of these sign-ins no longer live, whoever ended them; True where it was time that did."""
        query = select(SignInSessionRow.id, SignInSessionRow.expires_at, SignInSessionRow.ended_at).where(
            SignInSessionRow.id.in_(ids)
        )
        async with self._db.reading() as session:
            rows = {row.id: row for row in await session.execute(query)}
        now = self._clock.now()
        # A row that is gone was swept away after its time.
        over = {known: True for known in ids if known not in rows}
        for row in rows.values():
            if row.ended_at is not None:
                over[row.id] = False
            elif self._end_of(row.id, row.expires_at) <= now:
                over[row.id] = True
        return over

    async def end(self, session_id: str) -> None:
        """Sign out. On disk on return; to end what has ended is no error."""
        async with self._db.session() as session:
            await session.execute(_ended(session_id, self._clock.now()))

    async def _living(self, which: ColumnElement[bool]) -> SignIn | None:
        query = select(SignInSessionRow).where(which, SignInSessionRow.ended_at.is_(None))
        async with self._db.reading() as session:
            row = (await session.scalars(query)).one_or_none()
        if row is None or self._end_of(row.id, row.expires_at) <= self._clock.now():
            return None
        return _sign_in(row)

    def _end_of(self, session_id: str, on_disk: float) -> float:
        return max(on_disk, self._unwritten.get(session_id, on_disk))


def _sign_in(row: SignInSessionRow) -> SignIn:
    return SignIn(row.id, from_row(row), row.expires_at, row.created_at)


def _ended(session_id: str, at: float) -> Update:
    return (
        update(SignInSessionRow)
        .where(SignInSessionRow.id == session_id, SignInSessionRow.ended_at.is_(None))
        .values(ended_at=at)
    )
