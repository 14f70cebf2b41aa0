"""Reads a district's files and returns checked settings and floor plans.

There is one YAML file, which names the agreements and plans. Everything is checked before anything starts, and all
problems are reported together as ``file:line: key: message``. No message repeats a value, because it might be a secret.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from gateway.configuration.agreement_settings import AgreementSettings
from gateway.configuration.references import entries, reference_problems
from gateway.configuration.setting_types import Lookup, secret_written, webhook_key_written
from gateway.configuration.settings import Settings
from gateway.configuration.site_settings import CameraSettings, SiteSettings, StreamSettings
from gateway.configuration.tree import ConfigTree
from gateway.configuration.wording import did_you_mean, in_words, keys_at
from gateway.errors import ConfigurationError
from gateway.floorplan.document import Document, with_cameras
from gateway.floorplan.load import parse_plan, read_document
from gateway.floorplan.model import FloorPlan
from gateway.floorplan.verification import verification_warnings
from gateway.models import CameraPolicy, IncidentKind, SiteId


@dataclass(frozen=True, slots=True)
class Loaded:
    """Holds a usable configuration: every site has its plan, and every camera has its place in that plan.

    ``documents`` are the plans as parsed GeoJSON.
    """

    settings: Settings
    plans: dict[SiteId, FloorPlan]
    documents: dict[SiteId, Document]


def load(
    path: Path,
    overrides: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    lenient: bool = False,
) -> Loaded:
    """Read the configuration at ``path`` and the files that it names.

    ``overrides`` maps dotted keys to values that replace those in the file, such as ``{"http.port": 0}``; list entries
    are named by id or index. ``${NAME}`` references are looked up in ``environment`` (by default that of the process).
    With ``lenient``, a reference that cannot be resolved stays as written.

    Raises ConfigurationError with every problem.
    """
    tree = ConfigTree(path)
    for key, value in (overrides or {}).items():
        tree.override(key, value)
    problems = list(tree.problems)
    if not tree.readable:
        raise ConfigurationError(problems)
    lookup = Lookup(path.parent, os.environ if environment is None else environment, lenient)
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(tree.value, context=lookup)
    except ValidationError as error:
        problems += _faults(tree, error)
    references = reference_problems(tree.value, webhook_key_written(lookup), secret_written(lookup))
    problems += (tree.tell(key, message) for key, message in references)
    plans, documents, faults = _plans(tree, path.parent)
    problems += faults
    if problems or settings is None:
        raise ConfigurationError(list(dict.fromkeys(problems)))
    return Loaded(settings, plans, documents)


def load_without_secrets(path: Path) -> Loaded:
    """Read the configuration for a command that needs only the storage.

    Camera passwords and panic-button secrets need not be available: the gateway's service has them, but an
    administrator's shell does not. Raises ConfigurationError.
    """
    return load(path, lenient=True)


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


def limit_cameras(loaded: Loaded, count: int) -> Loaded:
    """Keep only the first ``count`` cameras of the district, in configuration order.

    The others disappear from settings, agreements and plans alike, so that a small machine can try the configuration.
    """
    kept = {camera.id for camera in [c for site in loaded.settings.sites for c in site.cameras][:count]}

    def fewer(site: SiteSettings) -> SiteSettings:
        return site.model_copy(update={"cameras": tuple(c for c in site.cameras if c.id in kept)})

    def shorter(agreement: AgreementSettings) -> AgreementSettings:
        named = {camera: policy for camera, policy in agreement.cameras.items() if camera in kept}
        return agreement.model_copy(update={"cameras": named})

    settings = loaded.settings.model_copy(
        update={
            "sites": tuple(map(fewer, loaded.settings.sites)),
            "agreements": tuple(map(shorter, loaded.settings.agreements)),
        }
    )
    plans = {
        site: replace(plan, cameras=tuple(c for c in plan.cameras if c.id in kept))
        for site, plan in loaded.plans.items()
    }
    documents = {site: with_cameras(document, kept.__contains__) for site, document in loaded.documents.items()}
    return Loaded(settings, plans, documents)


def with_rtsp_port(loaded: Loaded, port: int) -> Loaded:
    """Move every camera to another port of its host, as a simulated school needs."""

    def moved(stream: StreamSettings) -> StreamSettings:
        parts = urlsplit(stream.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return StreamSettings(url=parts._replace(netloc=f"{host}:{port}").geturl())

    def camera(one: CameraSettings) -> CameraSettings:
        return one.model_copy(update={"main": moved(one.main), "sub": moved(one.sub) if one.sub else None})

    sites = tuple(
        site.model_copy(update={"cameras": tuple(map(camera, site.cameras))}) for site in loaded.settings.sites
    )
    return replace(loaded, settings=loaded.settings.model_copy(update={"sites": sites}))


def _faults(tree: ConfigTree, error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_input=False):
        if not fault["loc"]:
            continue  # wrong references between keys are reported elsewhere, each with its own line
        key = fault["loc"][:-1] if fault["loc"][-1] == "[key]" else fault["loc"]
        yield tree.tell(key, in_words(dict(fault), keys_at(Settings, key)))


def _plans(tree: ConfigTree, directory: Path) -> tuple[dict[SiteId, FloorPlan], dict[SiteId, Document], list[str]]:
    """Return the plans of all sites that name one, their GeoJSON, and the problems found in them or between them and
    the site's cameras."""
    plans: dict[SiteId, FloorPlan] = {}
    documents: dict[SiteId, Document] = {}
    problems: list[str] = []
    for index, site in entries(tree.value, "sites"):
        named = site.get("plan")
        if not isinstance(named, str):
            continue
        key = ("sites", index, "plan")
        try:
            document = read_document(directory / named)
            plan = parse_plan(document, str(directory / named))
        except ConfigurationError as error:
            problems += error.problems
            if not (directory / named).is_file():
                problems[-1] = tree.tell(key, error.problems[-1])
            continue
        site_id = SiteId(str(site.get("id")))
        plans[site_id], documents[site_id] = plan, cast(Document, document)
        cameras = {str(camera.get("id")): at for at, camera in entries(site, "cameras")}
        placed = [camera.id for camera in plan.cameras]
        problems += (
            tree.tell((*key[:2], "cameras", at, "id"), f"'{camera}' has no place in the plan {named}")
            + did_you_mean(camera, placed)
            for camera, at in cameras.items()
            if camera not in placed
        )
        problems += (
            tree.tell(key, f"has camera '{camera}', which is not among the cameras of the site")
            + did_you_mean(camera, cameras)
            for camera in placed
            if camera not in cameras
        )
    return plans, documents, problems


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
