"""Reads and writes the rows of sign-ins, with the changes that are still owed to the database."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth.principals import from_row
from gateway.models import Principal
from gateway.storage.database import Database
from gateway.storage.tables import SignInSessionRow

BEGUN, ENDED, UNTIL = "sign_in", "sign_out", "sign_in_until"
"""The kinds of change (``storage.owed``) that begin a sign-in, end it, and move its end."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Describes a signed-in person or device. ``id`` is public.

    ``created_at`` and ``expires_at`` are steady seconds.
    """

    id: str
    principal: Principal
    expires_at: float
    created_at: float


class SignInRows:
    """The rows of all sign-ins."""

    def __init__(self, db: Database) -> None:
        self._db = db
        db.owed.writer(BEGUN, _write_begin)
        db.owed.writer(ENDED, _write_end)
        db.owed.writer(UNTIL, _write_until)

    async def not_ended(
        self, which: ColumnElement[bool], same: Callable[[SignInSessionRow], bool]
    ) -> list[SignInSessionRow]:
        """Return the sign-ins that match and that nobody has ended.

        ``which`` and ``same`` are the same condition, in SQL and in Python.
        """
        rows = await self.matching(and_(SignInSessionRow.ended_at.is_(None), which))
        return [row for row in rows if same(row) and not self.has_ended(row)]

    async def matching(self, which: ColumnElement[bool]) -> list[SignInSessionRow]:
        """Return the rows in the database that match ``which``, and all rows that are still owed to the database."""
        # Read the owed rows before the database. A row that is written in between is then found there.
        aside = {values["id"]: row_of(values) for values in self._db.owed.waiting(BEGUN)}
        query = select(SignInSessionRow).where(or_(which, SignInSessionRow.id.in_(aside)) if aside else which)
        async with self._db.reading() as session:
            return list((aside | {row.id: row for row in await session.scalars(query)}).values())

    def has_ended(self, row: SignInSessionRow) -> bool:
        """Return True if somebody has ended this sign-in, even if that is not in the database yet."""
        return row.ended_at is not None or self._db.owed.get(ENDED, row.id) is not None

    def end_of(self, session_id: str, on_disk: float) -> float:
        """Return the steady time at which the sign-in's time is up, even if that is not in the database yet."""
        prolonged = self._db.owed.get(UNTIL, session_id)
        return on_disk if prolonged is None else max(on_disk, prolonged["expires_at"])


async def _write_begin(session: AsyncSession, values: dict[str, Any]) -> None:
    if await session.get(SignInSessionRow, values["id"]) is None:
        session.add(row_of(values))
        await session.flush()  # An owed end of the same sign-in must find the row.


async def _write_end(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(ending(values["id"], values["ended_at"]))


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


def row_of(values: dict[str, Any]) -> SignInSessionRow:
    """Return the row of a change that begins a sign-in."""
    return SignInSessionRow(
        **values | {"cookie_sha256": bytes.fromhex(values["cookie_sha256"])},
        ended_at=None,
    )


def sign_in_of(row: SignInSessionRow) -> SignIn:
    """Return the sign-in that a row describes."""
    return SignIn(row.id, from_row(row), row.expires_at, row.created_at)


def ending(session_id: str, at: float) -> Update:
    """Return the statement that ends a sign-in, if it has not ended yet."""
    return (
        update(SignInSessionRow)
        .where(SignInSessionRow.id == session_id, SignInSessionRow.ended_at.is_(None))
        .values(ended_at=at)
    )
