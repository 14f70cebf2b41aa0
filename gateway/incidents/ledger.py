"""Keeps the incidents in memory and on disk consistent.

Every decision takes effect, and reaches the database sooner or later (``storage.owed``). The end of an incident takes
effect and is published before it is written, because no picture may continue just because a disk is slow. Everything
else is written first.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from gateway.audit.log import AuditEvent, AuditLog
from gateway.incident import Incident
from gateway.incidents import store
from gateway.incidents.changes import IncidentChange
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import IncidentKind, IncidentState
from gateway.storage.change import Change, Within
from gateway.storage.database import Database

RECENT = 100
"""The number of ended incidents that stay in memory, for pages that ask how they ended."""


KIND = "incident"
"""The kind of change (``storage.owed``) that writes an incident."""


class Ledger:
    """Holds the incidents. Hold ``lock`` during ``load``, and from reading an incident until its ``commit`` is done."""

    def __init__(self, database: Database, metrics: Metrics, audit: AuditLog) -> None:
        self._database = database
        self._owed = database.owed
        self._metrics = metrics
        self._audit = audit
        self.lock = asyncio.Lock()
        self._incidents: dict[str, Incident] = {}
        self._subscribers: Listeners[IncidentChange] = Listeners("incident_subscriber", metrics)
        self._owed.writer(KIND, store.write)

    async def load(self) -> None:
        """Load the incidents from disk, without telling subscribers, as nothing has changed. Raises StorageError."""
        async with self._database.reading(urgent=True) as session:
            found = {incident.id: incident for incident in await store.load(session, RECENT)}
        for incident in map(store.from_values, self._owed.waiting(KIND)):
            known = found.get(incident.id)
            if known is None or known.state is IncidentState.OPEN:  # An incident that is over stays over.
                found[incident.id] = incident
        self._incidents = dict(sorted(found.items(), key=lambda item: item[1].opened_at))
        self._measure()

    def open(self) -> tuple[Incident, ...]:
        """Return all open incidents, oldest first."""
        return tuple(incident for incident in self._incidents.values() if incident.state is IncidentState.OPEN)

    def known(self) -> tuple[Incident, ...]:
        """Return all incidents that are open or have ended recently, oldest first."""
        return tuple(self._incidents.values())

    def get(self, incident_id: str) -> Incident | None:
        """Return an incident that is open or has ended recently, or None."""
        return self._incidents.get(incident_id)

    async def find(self, incident_id: str) -> Incident | None:
        """Read an incident from disk, or return None. Raises StorageError."""
        async with self._database.reading() as session:
            return await store.find(session, incident_id)

    def subscribe(self, callback: Callable[[IncidentChange], None]) -> Callable[[], None]:
        """Call ``callback`` for every change, in the order of the commits, until the returned function is called."""
        return self._subscribers.add(callback)

    def on_disk(self, incident_id: str) -> bool:
        """Return True if a crash now would lose nothing of this incident."""
        return self._owed.on_disk(KIND, incident_id)

    async def commit(
        self, changes: Sequence[IncidentChange], events: Sequence[AuditEvent], within: Within | None = None
    ) -> bool:
        """Write changes to disk with their records and whatever ``within`` adds, and put them into effect.

        Return False if they cannot be written to any disk now. They take effect all the same, but a crash would undo
        them. ``within`` may be called more than once, even after this has returned.
        """
        only_endings = all(change.incident.state is not IncidentState.OPEN for change in changes)
        if only_endings:
            self._believe(changes)
        rows = [Change(KIND, change.incident.id, store.to_values(change.incident)) for change in changes]
        try:
            return await self._audit.commit(rows, events, within)
        finally:
            if not only_endings:
                self._believe(changes)

    def _believe(self, changes: Sequence[IncidentChange]) -> None:
        for change in changes:
            self._incidents[change.incident.id] = change.incident
            if change.previous_state is None:
                self._metrics.incidents.labels(change.incident.kind).inc()
        ended = [key for key, incident in self._incidents.items() if incident.state is not IncidentState.OPEN]
        for key in ended[:-RECENT]:
            del self._incidents[key]
        self._measure()
        for change in changes:
            self._subscribers.tell(change)

    def _measure(self) -> None:
        count = Counter(incident.kind for incident in self.open())
        for kind in IncidentKind:
            self._metrics.incidents_open.labels(kind).set(count[kind])
