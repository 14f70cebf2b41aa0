"""Makes and redeems single-use sign-in links.

The code is in the link's fragment and is redeemed by POST, so a link scanner that opens the link does not use it up.
"""

import asyncio
from io import StringIO
from typing import Any

import segno
from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth.principals import from_row, to_columns
from gateway.auth.secret import digest, new_id, new_secret
from gateway.clock import Clock
from gateway.configuration.settings import TokenSettings
from gateway.errors import StorageError, Unauthenticated
from gateway.models import Principal
from gateway.storage.change import Change
from gateway.storage.database import Database
from gateway.storage.tables import InvitationRow

USED = "invitation_used"
"""The kind of change (``storage.owed``) for an invitation redeemed while the database accepted no writes."""


class Invitations:
    """Stores invitations. The gateway's administrator makes them, and each invited person redeems theirs once."""

    def __init__(self, db: Database, settings: TokenSettings, clock: Clock) -> None:
        self._db = db
        self._lifetime = settings.invitation_lifetime
        self._clock = clock
        self._redeeming = asyncio.Lock()
        db.owed.writer(USED, _write_used)

    async def create(self, principal: Principal) -> str:
        """Invite ``principal``. Return the code, of which only a digest is kept."""
        now, code = self._clock.wall(), new_secret()
        async with self._db.session() as session:
            await session.execute(delete(InvitationRow).where(InvitationRow.expires_at <= now))
            session.add(
                InvitationRow(
                    id=new_id(),
                    code_sha256=digest(code),
                    created_at=now,
                    expires_at=now + self._lifetime,
                    redeemed_at=None,
                    **to_columns(principal),
                )
            )
        return code

    async def withdraw(self, who: str) -> int:
        """Withdraw all unused invitations of one person or device, by id or name. Return how many there were."""
        theirs = or_(InvitationRow.principal_id == who, InvitationRow.principal_name == who)
        unused = and_(theirs, InvitationRow.redeemed_at.is_(None), InvitationRow.expires_at > self._clock.wall())
        async with self._db.session() as session:
            gone = await session.scalars(delete(InvitationRow).where(unused).returning(InvitationRow.id))
            return len(gone.all())

    async def people(self) -> list[Principal]:
        """Return everybody who has an unused invitation, once each, sorted by name."""
        unused = and_(InvitationRow.redeemed_at.is_(None), InvitationRow.expires_at > self._clock.wall())
        async with self._db.reading() as session:
            found = {
                row.principal_id: from_row(row) for row in await session.scalars(select(InvitationRow).where(unused))
            }
        return sorted(found.values(), key=lambda principal: (principal.name, principal.id))

    async def redeem(self, code: str) -> Principal:
        """Redeem a code, which uses it up. Raises Unauthenticated, which does not reveal whether the code ever existed.

        A full disk does not lock anybody out, because the use is then noted in the reserve file. If that fails too,
        raises StorageError, and the code is not used up.
        """
        now = self._clock.wall()
        good = and_(
            InvitationRow.code_sha256 == digest(code),
            InvitationRow.redeemed_at.is_(None),
            InvitationRow.expires_at > now,
        )
        # Look for the code first. Anybody can guess codes, and wrong guesses must not queue with alarms.
        await self._find(good)
        async with self._redeeming:
            # Look again, since another request may have used it up meanwhile, on disk or in the reserve file.
            row = await self._find(good)
            # A single statement checks and marks the row, as another process may redeem codes too.
            use = update(InvitationRow).where(good).values(redeemed_at=now).returning(InvitationRow.id)
            try:
                async with self._db.session() as session:
                    used = (await session.scalars(use)).one_or_none()
            except StorageError:
                if self._db.owed.crowded:  # Check only here: once a link is used up, its person must get in.
                    raise
                await self._db.owed.commit_or_forget([Change(USED, row.id, {"id": row.id, "redeemed_at": now})])
            else:
                if used is None:
                    raise _refused()
        return from_row(row)

    async def _find(self, good: ColumnElement[bool]) -> InvitationRow:
        async with self._db.reading() as session:
            row = (await session.scalars(select(InvitationRow).where(good))).one_or_none()
        if row is None or self._db.owed.get(USED, row.id) is not None:
            raise _refused()
        return row


async def _write_used(session: AsyncSession, values: dict[str, Any]) -> None:
    unused = and_(InvitationRow.id == values["id"], InvitationRow.redeemed_at.is_(None))
    await session.execute(update(InvitationRow).where(unused).values(redeemed_at=values["redeemed_at"]))


def _refused() -> Unauthenticated:
    return Unauthenticated("invitation_refused", "This invitation has been used, has expired or is not valid.")


def invitation_link(public_url: str, code: str) -> str:
    """Return the address to open. The part after ``#`` never reaches a server, so no log can contain it."""
    return f"{public_url.rstrip('/')}/#invite={code}"


def qr_text(link: str) -> str:
    """Return the link as a QR code in block characters, for a terminal."""
    out = StringIO()
    segno.make(link, error="l", micro=False).terminal(out, compact=True)
    return out.getvalue()
