"""``sightline sign-out``: a laptop is stolen, or a person has left."""

from dataclasses import dataclass
from pathlib import Path

from gateway.audit.log import AuditLog
from gateway.audit.record import AuditEvent
from gateway.auth.invitations import Invitations
from gateway.auth.sessions import SignInSessions
from gateway.clock import Clock, SystemClock
from gateway.config_loader import load
from gateway.errors import SightlineError
from gateway.metrics import Metrics
from gateway.server import storage_url
from gateway.settings import Settings
from gateway.storage.database import Database


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What was ended: so many sign-ins, and invitations that had not been used."""

    sign_ins: int
    invitations: int


async def end(database: Database, settings: Settings, who: str, operator: str, clock: Clock) -> SignedOut:
    """End all that ``who`` (an id, or a name as the record shows it) could see with. On disk on return.

    A running gateway asks its database: no request is taken any more, pages lose their channel within seconds, and
    pictures end with their token, since none is issued for another.
    """
    sessions = SignInSessions(database, settings.tokens, clock)
    audit = AuditLog(database, clock, Metrics())
    withdrawn = await Invitations(database, settings.tokens, clock).withdraw(who)
    if withdrawn:
        detail = {"who": who, "invitations": withdrawn, "by": f"{operator}, command line"}
        await audit.append(AuditEvent(kind="invitations_withdrawn", detail=detail))
    living = await sessions.living_of(who)
    for sign_in in living:
        await sessions.end(sign_in.id)
        await audit.append(
            AuditEvent(
                kind="signed_out",
                principal=sign_in.principal.id,
                name=sign_in.principal.name,
                role=sign_in.principal.role,
                detail={"by": f"{operator}, command line"},
            )
        )
    return SignedOut(len(living), withdrawn)


async def run(config: Path, who: str, operator: str) -> str:
    """What was done, in words. Raises SightlineError where nobody of that name is signed in or invited."""
    settings = load(config).settings
    database = Database(storage_url(settings))
    await database.open()
    try:
        ended = await end(database, settings, who, operator, SystemClock())
    finally:
        await database.close()
    if ended == SignedOut(0, 0):
        raise SightlineError(f"nobody called {who!r} is signed in or invited: see `sightline audit` for names")
    return (
        f"{who}: sign-ins ended: {ended.sign_ins}, unused invitations withdrawn: {ended.invitations}. "
        f"Any picture still open ends within {settings.tokens.lifetime:g} s."
    )
