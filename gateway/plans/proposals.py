"""Keeps in memory which drafts wait for approval, so that pages hear about them."""

from collections.abc import Callable, Iterator, Mapping

from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import SiteId
from gateway.plans import store
from gateway.plans.version import Proposal
from gateway.storage.database import Database


class Proposals(Mapping[SiteId, Proposal]):
    """Maps a school to the proposal that waits there, if there is one. Only ``Drafts`` changes it."""

    def __init__(self, metrics: Metrics) -> None:
        self._waiting: dict[SiteId, Proposal] = {}
        self._changed: Listeners[SiteId] = Listeners("plan_proposal_observer", metrics)

    def __getitem__(self, site: SiteId) -> Proposal:
        return self._waiting[site]

    def __iter__(self) -> Iterator[SiteId]:
        return iter(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    async def start(self, database: Database) -> None:
        """Load the proposals that waited when the gateway stopped. Raises StorageError."""
        async with database.reading() as session:
            self._waiting = await store.proposals(session)

    def on_changed(self, callback: Callable[[SiteId], object]) -> Callable[[], None]:
        """Call ``callback`` with every school whose proposal begins or ends, until the returned function is called."""
        return self._changed.add(callback)

    def put(self, site: SiteId, proposal: Proposal | None) -> None:
        """Note what is on disk now, and tell the listeners if it differs."""
        if self._waiting.get(site) == proposal:
            return
        if proposal is None:
            del self._waiting[site]
        else:
            self._waiting[site] = proposal
        self._changed.tell(site)
