"""Runs ``sightline sign-out``, for example after a laptop has been stolen or a person has left."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from gateway.audit.audit_event import AuditEvent, printable
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.auth.invitations import Invitations
from gateway.auth.principals import is_player
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
"""Seconds that the command waits for a gateway to confirm that it has closed pictures and pages. A gateway looks for
ended sign-ins twice a second."""
SHOWS_ITSELF_WITHIN = 1.5
LOOK = 0.1
NAMES = 20
"""The number of names that the command suggests if nobody has the given name."""


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Lists what was ended: the ids of sign-ins, the number of unused invitations, and the people."""

    sign_ins: tuple[str, ...]
    invitations: int
    whose: tuple[Principal, ...] = ()


async def end(database: Database, settings: Settings, who: str, operator: str, clock: Clock) -> SignedOut:
    """End all sign-ins and invitations of ``who``, an id or a name as the record shows it. On return this is on disk.

    From then on, a running gateway refuses their requests. It looks for ended sign-ins twice a second, closes their
    pages and pictures within a second, and records that.
    """
    sessions = SignInSessions(database, settings.tokens, clock)
    audit = AuditLog(database, clock, Metrics())
    withdrawn = await Invitations(database, settings.tokens, clock).withdraw(who)
    if withdrawn:
        detail = {"who": who, "invitations": withdrawn, "by": f"{operator}, command line"}
        await audit.append(AuditEvent(kind=Kind.INVITATIONS_WITHDRAWN, detail=detail))
    living = await sessions.not_signed_out(who)
    for sign_in in living:
        if not await sessions.end(sign_in.id):
            raise StorageError(
                f"{sign_in.principal.name} is still signed in: the database cannot be written (is the disk full?)"
            )
        await audit.append(
            AuditEvent.of(
                sign_in.principal,
                Kind.SIGNED_OUT,
                site=sign_in.principal.only_site,
                detail={"by": f"{operator}, command line", "sign_in": sign_in.id},
            )
        )
    whose = {sign_in.principal.id: sign_in.principal for sign_in in living}
    return SignedOut(tuple(sign_in.id for sign_in in living), withdrawn, tuple(whose.values()))


async def wait_closed(
    database: Database, ended: SignedOut, clock: Clock, looked_at: Callable[[], float | None], token_lifetime: float
) -> str:
    """Wait until the gateway has closed the pages and pictures of these sign-ins. Return a sentence about that.

    ``looked_at`` returns when the gateway last looked for ended sign-ins, or None if no gateway is running. Raises
    Unconfirmed.
    """
    # If the command is run again, it reports what was closed the first time. It looks back at least as far as a
    # picture could have continued.
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
        # A gateway that could not lock its file still records what it closes.
        if looked is None and clock.monotonic() - began > SHOWS_ITSELF_WITHIN:
            return "No gateway runs on this storage, so nobody sees any pictures from it."
        await clock.sleep(LOOK)
    raise Unconfirmed(
        f"the running gateway has not confirmed within {CONFIRMED_WITHIN:g} s that their pictures are closed. They may "
        f"continue for up to {token_lifetime:g} s. If that is too long, stop the gateway. Run this again to check"
    )


async def nobody(database: Database, settings: Settings, who: str, clock: Clock) -> str:
    """Return a message that says that nobody with this name is signed in, and who may have been meant."""
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
        return f"{said}, and neither is anybody else"
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"{said}. Signed in or invited: {', '.join(map(repr, names[:NAMES]))}{more}"


async def run(config: Path, who: str, operator: str, say: Callable[[str], object]) -> None:
    """Sign a person or device out, and say what was done.

    Raises SightlineError if nobody with that name is signed in or invited, and Unconfirmed if a running gateway does
    not confirm that it has closed their pictures.
    """
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
        if any(is_player(person.id) for person in ended.whose):
            say("A wall player stays signed out until the configuration gives it another secret.")
    finally:
        await database.close()


async def _ended_before(
    database: Database, settings: Settings, who: str, clock: Clock
) -> tuple[tuple[str, ...], int, tuple[Principal, ...]]:
    ended = await SignInSessions(database, settings.tokens, clock).signed_out(who)
    whose = {sign_in.principal.id: sign_in.principal for sign_in in ended}
    return tuple(sign_in.id for sign_in in ended), 0, tuple(whose.values())


def _named(who: str, whose: Sequence[Principal]) -> str:
    """Return their names with role and id, since two people may have the same name."""
    told = ", ".join(f"{person.name} ({person.role}, {person.id})" for person in whose)
    return printable(told or who)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
