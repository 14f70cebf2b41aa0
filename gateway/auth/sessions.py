"""Sign-in sessions: a shift's length behind a cookie, across restarts of the gateway."""

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
        """Move a sign-in's end on to ``until``, never back. On disk on return. Return False if it was not moved."""
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
        async with self._db.session() as session:
            return (await session.scalars(later)).one_or_none() is not None

    async def end(self, session_id: str) -> None:
        """Sign out. On disk on return; to end what has ended is no error."""
        async with self._db.session() as session:
            await session.execute(_ended(session_id, self._clock.now()))

    async def _living(self, which: ColumnElement[bool]) -> SignIn | None:
        query = select(SignInSessionRow).where(
            which, SignInSessionRow.ended_at.is_(None), SignInSessionRow.expires_at > self._clock.now()
        )
        async with self._db.reading() as session:
            row = (await session.scalars(query)).one_or_none()
        return None if row is None else _sign_in(row)


def _sign_in(row: SignInSessionRow) -> SignIn:
    return SignIn(row.id, from_row(row), row.expires_at, row.created_at)


def _ended(session_id: str, at: float) -> Update:
    return (
        update(SignInSessionRow)
        .where(SignInSessionRow.id == session_id, SignInSessionRow.ended_at.is_(None))
        .values(ended_at=at)
    )
