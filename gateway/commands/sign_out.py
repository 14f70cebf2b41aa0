"""``sightline sign-out``: a laptop is stolen, or a person has left."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from gateway.audit.log import AuditLog
from gateway.audit.record import AuditEvent, printable
from gateway.auth.invitations import Invitations
from gateway.auth.sessions import SignInSessions
from gateway.clock import Clock, SystemClock
from gateway.config_loader import load_without_secrets
from gateway.configuration.settings import Settings
from gateway.errors import SightlineError, StorageError, Unconfirmed
from gateway.metrics import Metrics
from gateway.models import Principal
from gateway.storage.database import Database
from gateway.storage.location import storage_url
from gateway.storage.presence import looked_at_by_gateway

CONFIRMED_WITHIN = 5.0
"""Seconds that the command waits for a gateway to say that pictures and pages are closed: it looks twice a second."""
SHOWS_ITSELF_WITHIN = 1.5
LOOK = 0.1
NAMES = 20
"""So many names are told where nobody has the one that was given."""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What was ended: sign-ins, by their ids, so many invitations that had not been used; and whose they were."""

    sign_ins: tuple[str, ...]
    invitations: int
    whose: tuple[Principal, ...] = ()


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
    whose = {sign_in.principal.id: sign_in.principal for sign_in in living}
    return SignedOut(tuple(sign_in.id for sign_in in living), withdrawn, tuple(whose.values()))


async def wait_closed(
    database: Database, ended: SignedOut, clock: Clock, looked_at: Callable[[], float | None], token_lifetime: float
) -> str:
    """Wait until the gateway has closed what these sign-ins held; say in words what that was.

    ``looked_at`` gives when it last looked at what others had ended, None: no gateway runs. Raises Unconfirmed.
    """
    # Who asks again is told what was closed then, for as long at least as a picture could have gone on.
    since = clock.wall() - max(2 * CONFIRMED_WITHIN, token_lifetime)
    audit, began = AuditLog(database, clock, Metrics()), clock.monotonic()
    while clock.monotonic() - began < CONFIRMED_WITHIN:
        looked = await asyncio.to_thread(looked_at)
        closed = [
            record.event.detail
            for record in await audit.read(since=since, limit=1000)
            if record.event.kind == "sign_in_closed" and record.event.detail.get("sign_in") in ended.sign_ins
        ]
        if len(closed) == len(ended.sign_ins) or (looked is not None and looked > began):
            pictures, pages = (sum(detail[what] for detail in closed) for what in ("pictures", "pages"))
            if not closed:
                return "No picture or page of theirs was open."
            return f"The gateway has closed {_count(pictures, 'picture')} and {_count(pages, 'page')}."
        # One that cannot hold its lock still writes into the record what it closes.
        if looked is None and clock.monotonic() - began > SHOWS_ITSELF_WITHIN:
            return "No gateway runs on this storage, so it shows nobody anything."
        await clock.sleep(LOOK)
    raise Unconfirmed(
        f"the gateway that runs has not said within {CONFIRMED_WITHIN:g} s that their pictures are closed. They may go "
        f"on for up to {token_lifetime:g} s. Stop the gateway if that is too long, or run this again to ask again"
    )


async def nobody(database: Database, settings: Settings, who: str, clock: Clock) -> str:
    """Say that nobody of this name can be signed out, and who was probably meant."""
    people = [
        *await SignInSessions(database, settings.tokens, clock).people(),
        *await Invitations(database, settings.tokens, clock).people(),
    ]
    names = list(dict.fromkeys(person.name for person in people))
    spelled = {spelling.casefold(): person.name for person in people for spelling in (person.id, person.name)}
    near = dict.fromkeys(spelled[found] for found in get_close_matches(who.casefold(), spelled, n=3))
    said = f"nobody called {who!r} is signed in or invited"
    if near:
        return f"{said}. Did you mean {' or '.join(repr(name) for name in near)}?"
    if not names:
        return f"{said}, and nobody else is"
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"{said}. Signed in or invited: {', '.join(map(repr, names[:NAMES]))}{more}"


async def run(config: Path, who: str, operator: str, say: Callable[[str], object]) -> None:
    """Sign out, and say what was done. Raises SightlineError where nobody of that name is signed in or invited, and
    Unconfirmed where a gateway runs that does not say that it has closed their pictures."""
    settings, clock = load_without_secrets(config).settings, SystemClock()
    database = Database(storage_url(settings))
    await database.open()
    try:
        ended = await end(database, settings, who, operator, clock)
        if ended == SignedOut((), 0):
            ended = SignedOut(*await _ended_before(database, settings, who, clock))
            if not ended.sign_ins:
                raise SightlineError(await nobody(database, settings, who, clock))
            say(f"{_named(who, ended.whose)} was signed out before.")
        else:
            did = f"{_count(len(ended.sign_ins), 'sign-in')} ended"
            if ended.invitations:
                did += f", {_count(ended.invitations, 'unused invitation')} withdrawn"
            say(f"{_named(who, ended.whose)}: {did}.")
        if ended.sign_ins:
            directory = settings.storage.directory
            say(
                await wait_closed(
                    database, ended, clock, lambda: looked_at_by_gateway(directory), settings.tokens.lifetime
                )
            )
    finally:
        await database.close()


async def _ended_before(
    database: Database, settings: Settings, who: str, clock: Clock
) -> tuple[tuple[str, ...], int, tuple[Principal, ...]]:
    ended = await SignInSessions(database, settings.tokens, clock).signed_out(who)
    whose = {sign_in.principal.id: sign_in.principal for sign_in in ended}
    return tuple(sign_in.id for sign_in in ended), 0, tuple(whose.values())


def _named(who: str, whose: Sequence[Principal]) -> str:
    """Names, with role and id: two people may have one name."""
    told = ", ".join(f"{person.name} ({person.role}, {person.id})" for person in whose)
    return printable(told or who)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
