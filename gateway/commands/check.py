"""Runs ``sightline check``: says what a configuration holds, and warns of what works but should be changed."""

from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway.config_loader import Loaded, load
from gateway.configuration.agreement_settings import AgreementSettings
from gateway.configuration.settings import Settings
from gateway.floorplan.verification import verification_warnings
from gateway.models import CameraPolicy, IncidentKind, SiteId
from gateway.tls import tls_context


def check(config: Path, today: date, console: Console) -> None:
    """Check a configuration and print what it holds. Raises ConfigurationError with every fault."""
    loaded = load(config)
    tls_context(loaded.settings.http)
    table = Table("what", "found", box=None, header_style="bold")
    for row in summary(loaded):
        table.add_row(*row)
    console.print(table)
    for warning in warnings(loaded, today):
        console.print(f"Warning: {warning}", markup=False)
    console.print("The configuration is usable.")


def summary(loaded: Loaded) -> list[tuple[str, str]]:
    """Summarise the configuration for a person as (subject, facts): first the district, then one row per site."""
    settings = loaded.settings
    rows = [("District", f"{settings.district}, at {settings.http.public_url}")]
    for site in settings.sites:
        plan = loaded.plans[SiteId(site.id)]
        agreement = next((a for a in settings.agreements if a.site == site.id), None)
        until = f" until {agreement.valid_until}" if agreement and agreement.valid_until else ""
        facts = (
            _count(len(site.cameras), "camera"),
            _count(len(plan.floors), "floor"),
            _count(len(plan.rooms), "room"),
            f"plan verified {plan.verified_on}",
            _count(len(site.webhooks), "panic button webhook"),
            f"agreement{until}{_without_ground(agreement)}" if agreement else "no agreement: the police see nothing",
        )
        rows.append((site.name, ", ".join(facts)))
    names = {site.id: site.name for site in settings.sites}
    for player in settings.players:
        sees = " and ".join(names[site] for site in sorted(player.sites))
        rows.append((player.name, f"wall player with what a {player.role} may see at {sees}"))
    return rows


def warnings(loaded: Loaded, today: date) -> list[str]:
    """Return warnings about what works but should be changed. Each begins with the key to change."""
    return [*_idle_players(loaded.settings), *_warnings_about_http(loaded), *_warnings_about_plans(loaded, today)]


def _warnings_about_plans(loaded: Loaded, today: date) -> Iterator[str]:
    for site in loaded.settings.sites:
        plan = loaded.plans[SiteId(site.id)]
        for warning in verification_warnings(plan.verified_on, plan.verifications, today):
            yield f"sites.{site.id}.plan: {warning}"


def _warnings_about_http(loaded: Loaded) -> list[str]:
    http, told = loaded.settings.http, list[str]()
    if _is_loopback(http.host):
        return told
    told += (
        f"players.{player.id}.addresses: anybody who has the secret of {player.name} can use it from anywhere. Name "
        "the addresses from which it connects."
        for player in loaded.settings.players
        if not player.addresses
    )
    if http.public_url.startswith("http://"):
        told.append(
            f"http.public_url: pages are served to the network ({http.host}) without TLS: anyone in between can read "
            "sign-in links and cookies, and browsers play no video. Set http.tls_certificate and http.tls_key or use a "
            "reverse proxy, and give the https:// address."
        )
    buttons = any(site.webhooks for site in loaded.settings.sites)
    if buttons and http.tls_certificate is not None and http.alarm_port is None:
        told.append(
            "http.alarm_port: panic buttons share a TLS port with everybody else. Until a connection is encrypted, the "
            "gateway cannot tell a button from a flood from the same address, so an alarm may have to be sent several "
            "times. Give panic buttons a port of their own, and let the firewall open it only to those who send alarms."
        )
    return told


def _idle_players(settings: Settings) -> Iterator[str]:
    """Yield a warning for each school at which a wall player will never get a picture."""
    agreements = {agreement.site: agreement for agreement in settings.agreements}
    for player in settings.players:
        for site in sorted(player.sites) if player.needs_agreement else ():
            agreement = agreements.get(site)
            if agreement is None or player.role not in agreement.roles:
                why = "has no agreement" if agreement is None else f"has an agreement that does not name {player.role}"
                yield f"players.{player.id}.sites: {player.name} gets no picture from '{site}', which {why}."


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _without_ground(agreement: AgreementSettings) -> str:
    """Name the kinds of access that the agreement opens without stating a legal ground for them."""
    policies = {agreement.default_policy, *agreement.cameras.values()}
    opens = {
        "drill": IncidentKind.DRILL in agreement.kinds,
        "standing": agreement.always_without_incident and CameraPolicy.ALWAYS in policies,
    }
    missing = [ground for ground, used in opens.items() if used and getattr(agreement.legal_basis, ground) is None]
    return f" (legal_basis states no ground for: {', '.join(missing)})" if missing else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
