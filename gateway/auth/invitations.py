"""Single-use sign-in links. The code stands in the fragment and is redeemed by POST: a link scanner burns nothing."""

from io import StringIO

import segno
from sqlalchemy import and_, delete, or_, select, update

from gateway.auth.principals import from_row, to_columns
from gateway.auth.secret import digest, new_id, new_secret
from gateway.clock import Clock
from gateway.errors import Unauthenticated
from gateway.models import Principal
from gateway.settings import TokenSettings
from gateway.storage.database import Database
from gateway.storage.tables import InvitationRow


class Invitations:
    """Made by whoever runs the gateway, redeemed once by whoever is invited."""

    def __init__(self, db: Database, settings: TokenSettings, clock: Clock) -> None:
        self._db = db
        self._lifetime = settings.invitation_lifetime
        self._clock = clock

    async def create(self, principal: Principal) -> str:
        """Invite ``principal``. Returns the code, of which only a digest is kept."""
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
        """Let no unused invitation of one person or device, by its id or its name, be redeemed. How many there were."""
        theirs = or_(InvitationRow.principal_id == who, InvitationRow.principal_name == who)
        unused = and_(theirs, InvitationRow.redeemed_at.is_(None), InvitationRow.expires_at > self._clock.wall())
        async with self._db.session() as session:
            gone = await session.scalars(delete(InvitationRow).where(unused).returning(InvitationRow.id))
            return len(gone.all())

    async def redeem(self, code: str) -> Principal:
        """Use the code up. Raises Unauthenticated, without saying whether it was ever one."""
        now = self._clock.wall()
        good = and_(
            InvitationRow.code_sha256 == digest(code),
            InvitationRow.redeemed_at.is_(None),
            InvitationRow.expires_at > now,
        )
        # Looked for first: whoever guesses, and anybody may, never comes into the queue of those who write, alarms
        # among them.
        async with self._db.reading() as session:
            if (await session.scalars(select(InvitationRow.id).where(good))).one_or_none() is None:
                raise _refused()
        # One statement both checks and marks: of two who redeem at once, one finds no row.
        use = update(InvitationRow).where(good).values(redeemed_at=now).returning(InvitationRow)
        async with self._db.session() as session:
            row = (await session.scalars(use)).one_or_none()
        if row is None:
            raise _refused()
        return from_row(row)


def _refused() -> Unauthenticated:
    return Unauthenticated("invitation_refused", "This invitation has been used, has expired or never was one.")


def invitation_link(public_url: str, code: str) -> str:
    """The address to open. What follows ``#`` never reaches a server, so no log has it."""
    return f"{public_url.rstrip('/')}/#invite={code}"


def qr_text(link: str) -> str:
    """The link as a QR code of block characters, for a terminal."""
    out = StringIO()
    segno.make(link, error="l", micro=False).terminal(out, compact=True)
    return out.getvalue()
