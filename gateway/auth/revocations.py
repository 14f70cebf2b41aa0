"""What holds no more before its time: tokens, sign-ins, grants. On disk first, then asked of memory."""

from enum import StrEnum

from sqlalchemy import delete, or_, select

from gateway.auth.tokens import MAXIMUM_LIFETIME
from gateway.clock import Clock
from gateway.storage.database import Database
from gateway.storage.tables import RevocationRow

REMEMBERED = 2 * MAXIMUM_LIFETIME
"""Seconds. A token asked for before the revocation may be issued just after it; later than this none can be alive."""


class Subject(StrEnum):
    """What is revoked: one token by ``jti``, all of a sign-in, or all of a grant."""

    TOKEN = "token"  # noqa: S105  the word, not a secret
    SESSION = "session"
    GRANT = "grant"


class Revocations:
    """``start`` before anything else."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._until: dict[tuple[Subject, str], float] = {}

    async def start(self) -> None:
        """Load what still matters."""
        query = select(RevocationRow).where(
            or_(RevocationRow.expires_at.is_(None), RevocationRow.expires_at > self._clock.now())
        )
        async with self._db.reading() as session:
            for row in await session.scalars(query):
                until = float("inf") if row.expires_at is None else row.expires_at
                self._until[Subject(row.subject), row.subject_id] = until

    async def revoke(self, subject: Subject, subject_id: str, by: str | None = None) -> None:
        """Refuse every token of ``subject_id`` from now on. On disk on return; again is no error."""
        now = self._clock.now()
        async with self._db.session() as session:
            await session.execute(delete(RevocationRow).where(RevocationRow.expires_at <= now))
            await session.merge(
                RevocationRow(
                    subject=subject.value,
                    subject_id=subject_id,
                    revoked_at=now,
                    expires_at=now + REMEMBERED,
                    revoked_by=by,
                )
            )
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[subject, subject_id] = now + REMEMBERED

    def is_revoked(self, jti: str, session_id: str, grant_id: str) -> bool:
        """Whether a token with these claims has been revoked in any way."""
        named = ((Subject.TOKEN, jti), (Subject.SESSION, session_id), (Subject.GRANT, grant_id))
        return any(key in self._until for key in named)
