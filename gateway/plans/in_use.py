"""Knows the plan that is in use at each school, and every version that was ever published."""

import asyncio
import logging
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace

from gateway.errors import ConfigurationError, NotFound
from gateway.floorplan.document import Document
from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.model import FloorPlan
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId, SiteId
from gateway.plans import store
from gateway.plans.version import Version, adapted, check, from_file
from gateway.storage.database import Database

logger = logging.getLogger(__name__)

LOADED_WITHIN = 20.0
"""Seconds that loading a published version may take at the start. After that, the configuration's file is used."""


@dataclass(frozen=True, slots=True)
class Configured:
    """Holds what the configuration says about a school: its plan, the document it was read from, and its cameras."""

    plan: FloorPlan
    document: Document
    cameras: frozenset[CameraId]


class Plans(Mapping[SiteId, FloorPlan]):
    """Maps every school to the plan that is in use. Call ``start`` first.

    That is the version published last, or the configuration's file if none was ever published. Only ``Drafts`` changes
    it.
    """

    def __init__(self, database: Database, configured: Mapping[SiteId, Configured], metrics: Metrics) -> None:
        self._database = database
        self._configured = configured
        self._versions = {site: from_file(known.document) for site, known in configured.items()}
        self._plans = {site: known.plan for site, known in configured.items()}
        self._geometry: dict[SiteId, Geometry] = {}
        self._published: Listeners[SiteId] = Listeners("plan_observer", metrics)

    def __getitem__(self, site: SiteId) -> FloorPlan:
        return self._plans[site]

    def __iter__(self) -> Iterator[SiteId]:
        return iter(self._plans)

    def __len__(self) -> int:
        return len(self._plans)

    async def start(self) -> None:
        """Load the published versions, and compute what the cameras of every plan see. Raises StorageError.

        A version that no longer fits the configuration is ignored, and the log says why.
        """
        async with self._database.reading() as session:
            published = await store.newest(session)
        for site, version in published.items():
            known = self._configured.get(site)
            if known is None:
                continue
            try:
                async with asyncio.timeout(LOADED_WITHIN):
                    document = adapted(version.document, known.cameras, known.document)
                    geometry = await asyncio.to_thread(_usable, document, known.cameras)
            except Exception:  # alarms must start whatever somebody has published
                number = version.number
                logger.exception("%s: version %d of the plan cannot be used, so the file is used instead", site, number)
            else:
                self._versions[site] = replace(version, document=document)
                self._plans[site], self._geometry[site] = geometry.plan, geometry
        for site, plan in self._plans.items():
            if site not in self._geometry:
                self._geometry[site] = await asyncio.to_thread(Geometry, plan)

    def geometry(self, site: SiteId) -> Geometry:
        """Return what the cameras of the plan in use see, and its walking routes. Raises KeyError."""
        return self._geometry[site]

    def cameras(self, site: SiteId) -> frozenset[CameraId]:
        """Return the cameras that a plan of this school must show."""
        return self._configured[site].cameras

    def version(self, site: SiteId) -> Version:
        """Return the version that is in use. Raises KeyError."""
        return self._versions[site]

    async def versions(self, site: SiteId) -> list[Version]:
        """Return every published version, the newest first, and then the configuration's file. Raises StorageError."""
        async with self._database.reading() as session:
            return [*await store.versions(session, site), from_file(self._configured[site].document)]

    async def find(self, site: SiteId, number: int) -> Version:
        """Return a version by its number; 0 is the configuration's file. Raises NotFound, StorageError."""
        if number == 0:
            return from_file(self._configured[site].document)
        async with self._database.reading() as session:
            found = await store.version(session, site, number)
        if found is None:
            raise NotFound("no_such_version", "The plan has no version with this number.")
        return found

    def on_published(self, callback: Callable[[SiteId], object]) -> Callable[[], None]:
        """Call ``callback`` with every school whose plan has changed, until the returned function is called."""
        return self._published.add(callback)

    def use(self, site: SiteId, version: Version, geometry: Geometry) -> None:
        """Use a version that is on disk from now on, and notify the listeners."""
        self._versions[site], self._plans[site], self._geometry[site] = version, geometry.plan, geometry
        self._published.tell(site)


@dataclass(frozen=True, slots=True)
class Rooms(Container[str]):
    """Contains the ids of the rooms that a school's plan has now."""

    plans: Plans
    site: SiteId

    def __contains__(self, room_id: object) -> bool:
        return any(room.id == room_id for room in self.plans[self.site].rooms)


def _usable(document: Document, cameras: frozenset[CameraId]) -> Geometry:
    """Return a document's plan with what its cameras see. Raises ConfigurationError. Blocks."""
    checked = check(document, cameras)
    if checked.plan is None:
        raise ConfigurationError(list(checked.problems))
    return Geometry(checked.plan)
