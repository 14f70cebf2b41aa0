"""Revokes tokens, sign-ins and grants before they expire. They are refused at once, and that is written to disk."""

from enum import StrEnum
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth.tokens import MAXIMUM_LIFETIME
from gateway.clock import Clock
from gateway.storage.change import Change
from gateway.storage.database import Database
from gateway.storage.tables import RevocationRow

KIND = "revocation"
REMEMBERED = 2 * MAXIMUM_LIFETIME
"""Seconds. A token requested before the revocation may be issued just after it, but it is invalid after this time."""


class Subject(StrEnum):
    """Says which tokens a revocation covers: one token (by ``jti``), all of a sign-in, or all of a grant."""

    TOKEN = "token"  # noqa: S105  a word, not a secret
    SESSION = "session"
    GRANT = "grant"


class Revocations:
    """Holds all revocations that still matter. Call ``start`` before anything else."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._until: dict[tuple[Subject, str], float] = {}
        db.owed.writer(KIND, _write)

    async def start(self) -> None:
        """Load the revocations that still matter."""
        query = select(RevocationRow).where(
            or_(RevocationRow.expires_at.is_(None), RevocationRow.expires_at > self._clock.now())
        )
        async with self._db.reading() as session:
            for row in await session.scalars(query):
                until = float("inf") if row.expires_at is None else row.expires_at
                self._until[Subject(row.subject), row.subject_id] = until
        for values in self._db.owed.waiting(KIND):
            self._until[Subject(values["subject"]), values["subject_id"]] = values["expires_at"]

    async def revoke(self, subject: Subject, subject_id: str, by: str | None = None) -> bool:
        """Refuse every token of ``subject_id`` from now on. Calling this twice is harmless.

        Return False if the revocation cannot be written to any disk now. It takes effect all the same and the write is
        retried, but a crash before then would undo it.
        """
        now = self._clock.now()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[subject, subject_id] = now + REMEMBERED
        values = {
            "subject": subject.value,
            "subject_id": subject_id,
            "revoked_at": now,
            "expires_at": now + REMEMBERED,
            "revoked_by": by,
        }
        return await self._db.owed.commit([Change(KIND, f"{subject}/{subject_id}", values)])

    def is_revoked(self, jti: str, session_id: str, grant_id: str) -> bool:
        """Return True if a token with these claims, its sign-in or its grant has been revoked."""
        named = ((Subject.TOKEN, jti), (Subject.SESSION, session_id), (Subject.GRANT, grant_id))
        return any(key in self._until for key in named)


async def _write(session: AsyncSession, values: dict[str, Any]) -> None:
    await session.execute(delete(RevocationRow).where(RevocationRow.expires_at <= values["revoked_at"]))
    await session.merge(RevocationRow(**values))
