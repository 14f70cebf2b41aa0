"""Runs ``sightline invite``, which makes a single-use sign-in link and its QR code."""

import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from gateway.access.roles import needs_sites
from gateway.audit.audit_event import AuditEvent
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.auth.invitations import Invitations, invitation_link, qr_text
from gateway.clock import SystemClock
from gateway.config_loader import Loaded, load_without_secrets
from gateway.errors import ConfigurationError
from gateway.metrics import Metrics
from gateway.models import Principal, Role, SiteId
from gateway.storage.database import Database
from gateway.storage.location import storage_url


def principal_of(role: Role, name: str, sites: frozenset[str]) -> Principal:
    """Return a new principal. Its id is readable, and random digits distinguish people with the same name."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or role.value
    return Principal(f"{slug}-{secrets.token_hex(3)}", name, role, frozenset(SiteId(site) for site in sites))


async def links(
    loaded: Loaded, principals: Iterable[Principal], public_url: str, by: str = "command line"
) -> list[str]:
    """Make a sign-in link for each principal. A running gateway finds them in its database at once.

    The record says who was invited, in which role, and by whom. It never contains the code.
    """
    database, clock = Database(storage_url(loaded.settings)), SystemClock()
    await database.open()
    try:
        invitations = Invitations(database, loaded.settings.tokens, clock)
        audit = AuditLog(database, clock, Metrics())
        found = []
        for principal in principals:
            found.append(invitation_link(public_url, await invitations.create(principal)))
            await audit.append(invited(principal, by))
        return found
    finally:
        await database.close()


def invited(principal: Principal, by: str) -> AuditEvent:
    """Return the audit event of an invitation."""
    detail = {"sites": sorted(principal.site_ids), "by": by}
    return AuditEvent.of(
        principal,
        Kind.INVITED,
        site=principal.only_site,
        detail=detail,
    )


async def run(config: Path, role: Role, name: str, sites: frozenset[str], operator: str, console: Console) -> None:
    """Print the link and the QR code. Raises ConfigurationError if a school is not configured, or none is given."""
    loaded = load_without_secrets(config)
    unknown = sites - {site.id for site in loaded.settings.sites}
    if unknown:
        raise ConfigurationError([f"--site: no such school: {', '.join(sorted(unknown))}"])
    if needs_sites(role) and not sites:
        raise ConfigurationError(["--site: a coordinator must be bound to a school: say which one"])
    who, by = principal_of(role, name, sites), f"{operator}, command line"
    [link] = await links(loaded, [who], loaded.settings.http.public_url, by)
    console.print(qr_text(link), markup=False)
    hours = loaded.settings.tokens.invitation_lifetime / 3600
    console.print(f"Sign-in link for {name} ({role}). It works once, within {hours:g} hours:\n{link}", markup=False)
