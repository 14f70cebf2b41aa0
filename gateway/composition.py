"""Builds every service once and connects them. This is the composition root. No other module builds services."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.access.grants import Grants
from gateway.access.service import AccessService
from gateway.api.admission.limits import Limits
from gateway.api.hub import EventHub
from gateway.api.news import Newsroom
from gateway.api.pictures import Pictures
from gateway.api.places import Places
from gateway.api.services import Services
from gateway.audit.clock_steps import ClockSteps
from gateway.audit.log import AuditLog
from gateway.auth.invitations import Invitations
from gateway.auth.keys import KeyStore
from gateway.auth.revocations import Revocations
from gateway.auth.sessions import SignInSessions
from gateway.auth.tokens import TokenService
from gateway.clock import Clock
from gateway.config_loader import Loaded
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings
from gateway.errors import ConfigurationError
from gateway.floorplan.words import place_words
from gateway.incident import Origin
from gateway.incidents.service import IncidentService
from gateway.incidents.threat import Where
from gateway.incidents.triggers.console import ConsoleTrigger
from gateway.incidents.triggers.webhook import WebhookTrigger
from gateway.media.events import MediaEvents
from gateway.media.interface import Media
from gateway.media.node import MediaNode
from gateway.media.nodes import MediaNodes
from gateway.media.process import worker_process
from gateway.media.remote import RemoteNode
from gateway.media.shards import settings_of, shards
from gateway.metrics import Metrics
from gateway.models import CameraId, CameraPolicy, SiteId
from gateway.plans.drafts import Drafts
from gateway.plans.in_use import Configured, Plans, Rooms
from gateway.printing.printer import Printer
from gateway.storage.database import Database
from gateway.storage.readiness import Readiness
from gateway.viewing.players import WallPlayers
from gateway.viewing.service import ViewingService
from gateway.viewing.sign_ins import SignInKeeper
from gateway.webrtc.plane import MediaPlane

M = TypeVar("M", bound=Media)


@dataclass(frozen=True, slots=True)
class Parts(Generic[M]):
    """Holds the result of ``compose``: the services that routes use, and the parts that must be run."""

    services: Services
    media: M
    newsroom: Newsroom


async def compose(
    loaded: Loaded,
    database: Database,
    clock: Clock,
    metrics: Metrics,
    media_of: Callable[[Sequence[CameraSettings], MediaSettings, MediaEvents, Clock, Metrics], M],
) -> Parts[M]:
    """Build every service on an open database, load its state from disk, and connect the services. Run nothing yet.

    ``media_of`` builds the media plane. It is the function of that name, except in tests that send no packets.
    """
    settings = loaded.settings
    storage = settings.storage
    spool = storage.spool or storage.directory / "audit-spool.jsonl" if storage.url else storage.spool
    audit = AuditLog(database, clock, metrics, spool, storage.spool_size)
    keys = KeyStore(database, clock)
    tokens = TokenService(keys, settings.tokens, settings.http.public_url, clock)
    sessions = SignInSessions(database, settings.tokens, clock)
    revocations = Revocations(database, clock)
    plans = Plans(database, configured(loaded), metrics)
    drafts = Drafts(plans, database, clock, audit, metrics, approval=settings.plans.approval == "police")
    incidents = IncidentService(database, settings.incidents, clock, metrics, audit, where_of(loaded, plans))
    rooms = {site: Rooms(plans, site) for site in plans}
    webhooks = WebhookTrigger(database, incidents.triggers, settings.sites, clock, metrics, audit, rooms)
    access = AccessService(incidents, settings, clock, metrics, audit)
    barred_for = settings.tokens.session_lifetime
    grants = Grants(database, access, incidents, barred_for, clock, metrics, audit)
    await database.owed.start()
    metrics.owed_changes.set_function(lambda: database.owed.count)
    await audit.start()
    await keys.start()
    await revocations.start()
    await plans.start()
    await drafts.start()
    await incidents.start()
    await grants.start()

    reached = {camera.id: camera for site in settings.sites for camera in site.cameras}
    pulled = [reached[camera.id] for camera in access.cameras() if camera.policy is not CameraPolicy.NEVER]
    media = media_of(pulled, settings.media, MediaEvents(metrics), clock, metrics)
    viewing = ViewingService(media, access, grants, incidents, tokens, sessions, revocations, audit, clock, metrics)
    sign_ins = SignInKeeper(sessions, incidents, access, grants, viewing, audit, settings.tokens, clock, metrics)
    lifetime = settings.tokens.lifetime
    players = WallPlayers(settings.players, sessions, tokens, lifetime, access, grants, viewing, audit, clock, metrics)
    await players.start()
    await sign_ins.start()
    services = Services(
        loaded=loaded,
        clock=clock,
        clock_steps=ClockSteps(clock, audit, metrics),
        metrics=metrics,
        audit=audit,
        incidents=incidents,
        webhooks=webhooks,
        console=ConsoleTrigger(database, incidents, clock),
        plans=plans,
        drafts=drafts,
        places=Places(plans, access.cameras_of),
        printer=Printer(),
        access=access,
        grants=grants,
        tokens=tokens,
        sessions=sessions,
        sign_ins=sign_ins,
        readiness=Readiness(database, clock),
        invitations=Invitations(database, settings.tokens, clock),
        viewing=viewing,
        players=players,
        hub=EventHub(metrics),
        pictures=Pictures(media, clock, settings.age),
        limits=Limits({webhook.id for site in settings.sites for webhook in site.webhooks}, await sessions.cookies()),
    )
    newsroom = Newsroom(services)
    newsroom.start()
    return Parts(services, media, newsroom)


def configured(loaded: Loaded) -> dict[SiteId, Configured]:
    """Return what the configuration says about each school's plan."""
    return {
        SiteId(site.id): Configured(
            loaded.plans[SiteId(site.id)],
            loaded.documents[SiteId(site.id)],
            frozenset(CameraId(camera.id) for camera in site.cameras),
        )
        for site in loaded.settings.sites
    }


def where_of(loaded: Loaded, plans: Plans) -> Where:
    """Return the function that names a school and a place in it, for the threat that an incident records."""
    names = {site.id: site.name for site in loaded.settings.sites}

    def where(site_id: SiteId, origin: Origin) -> str:
        place = place_words(plans[site_id], origin.room_id, origin.place)
        return ", ".join(part for part in (names[site_id], place) if part)

    return where


def media_of(
    cameras: Sequence[CameraSettings], settings: MediaSettings, events: MediaEvents, clock: Clock, metrics: Metrics
) -> Media:
    """Return the media plane for ``cameras``: in this process, or divided among ``media.workers``. Raises
    ConfigurationError."""
    if settings.workers == 1:
        return MediaNode(cameras, settings, events, clock, metrics, MediaPlane)
    nodes = []
    for number, shard in enumerate(shards(cameras, settings.workers)):
        try:
            own = settings_of(settings, number)
        except ValueError as error:
            raise ConfigurationError([f"media.advertise: {error}"]) from None
        node = RemoteNode(f"worker {number + 1}", shard, own, events, clock, metrics, worker_process)
        nodes.append((node, [CameraId(camera.id) for camera in shard]))
    return MediaNodes(nodes, events)
