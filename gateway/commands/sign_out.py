"""``sightline sign-out``: a laptop is stolen, or a person has left."""

from dataclasses import dataclass
from pathlib import Path

from gateway.audit.log import AuditLog
from gateway.audit.record import AuditEvent
from gateway.auth.invitations import Invitations
from gateway.auth.sessions import SignInSessions
from gateway.clock import Clock, SystemClock
from gateway.config_loader import load
from gateway.configuration.settings import Settings
from gateway.errors import SightlineError, StorageError
from gateway.metrics import Metrics
from gateway.server import storage_url
from gateway.storage.database import Database

CONFIRMED_WITHIN = 3.0
"""Seconds that the command waits for a gateway to say that pictures and pages are closed: it looks twice a second."""
LOOK = 0.1


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What was ended: sign-ins, by their ids, and so many invitations that had not been used."""

    sign_ins: tuple[str, ...]
    invitations: int


async def end(database: Database, settings: Settings, who: str, operator: str, clock: Clock) -> SignedOut:
    """End all that ``who`` (an id, or a name as the record shows it) could see with. On disk on return.

    A running gateway looks twice a second at what others have ended: no request is taken any more from now on, and it
    closes pages and pictures within a second, and says so in the record.
    """
    sessions = SignInSessions(database, settings.tokens, clock)
    audit = AuditLog(database, clock, Metrics())
    withdrawn = await Invitations(database, settings.tokens, clock).withdraw(who)
    if withdrawn:
        detail = {"who": who, "invitations": withdrawn, "by": f"{operator}, command line"}
        await audit.append(AuditEvent(kind="invitations_withdrawn", detail=detail))
    living = await sessions.not_signed_out(who)
    for sign_in in living:
        if not await sessions.end(sign_in.id):
            raise StorageError(
                f"{sign_in.principal.name} is still signed in: the database takes nothing (is the disk full?)"
            )
        await audit.append(
            AuditEvent(
                kind="signed_out",
                principal=sign_in.principal.id,
                name=sign_in.principal.name,
                role=sign_in.principal.role,
                site=sign_in.principal.only_site,
                detail={"by": f"{operator}, command line", "sign_in": sign_in.id},
            )
        )
    return SignedOut(tuple(sign_in.id for sign_in in living), withdrawn)


async def wait_closed(database: Database, ended: SignedOut, clock: Clock) -> str:
    """Wait until a running gateway has closed what these sign-ins held. In words, what is known of it."""
    audit = AuditLog(database, clock, Metrics())
    began, waiting = clock.monotonic(), set(ended.sign_ins)
    pictures = pages = 0
    while waiting and clock.monotonic() - began < CONFIRMED_WITHIN:
        for record in await audit.read(since=clock.wall() - 2 * CONFIRMED_WITHIN, limit=1000):
            if record.event.kind == "sign_in_closed" and record.event.detail.get("sign_in") in waiting:
                waiting.remove(record.event.detail["sign_in"])
                pictures += record.event.detail["pictures"]
                pages += record.event.detail["pages"]
        if waiting:
            await clock.sleep(LOOK)
    if len(waiting) < len(ended.sign_ins):
        return f"The gateway has closed what was open: pictures: {pictures}, pages: {pages}."
    return "No picture or page of theirs was open, or no gateway runs on this database."


async def run(config: Path, who: str, operator: str) -> str:
    """What was done, in words. Raises SightlineError where nobody of that name is signed in or invited."""
    settings, clock = load(config).settings, SystemClock()
    database = Database(storage_url(settings))
    await database.open()
    try:
        ended = await end(database, settings, who, operator, clock)
        if ended == SignedOut((), 0):
            raise SightlineError(f"nobody called {who!r} is signed in or invited: see `sightline audit` for names")
        closed = await wait_closed(database, ended, clock) if ended.sign_ins else ""
    finally:
        await database.close()
    return (
        f"{who}: sign-ins ended: {len(ended.sign_ins)}, unused invitations withdrawn: {ended.invitations}. {closed}"
    ).rstrip()
