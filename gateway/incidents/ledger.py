"""Incidents in memory and on disk, in step.

A change is committed with its audit records, and only then believed and told to subscribers. When a commit fails it may
still have reached the disk: until ``settle`` has read memory again from there, nothing else is to be decided.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.log import AuditEvent, AuditLog, AuditRecord
from gateway.errors import StorageError
from gateway.incidents import store
from gateway.incidents.changes import IncidentChange, change_of
from gateway.incidents.state import Effect
from gateway.metrics import Metrics
from gateway.models import Incident, IncidentKind, IncidentState
from gateway.storage.database import Database
from gateway.storage.turns import Urgency

logger = logging.getLogger(__name__)

RECENT = 100
"""Incidents kept in memory after they have ended, for who asks what became of them."""

Within = Callable[[AsyncSession], Awaitable[None]]


class Ledger:
    """Not safe for concurrent use: its owner holds a lock around ``load``, ``settle`` and ``commit``."""

    def __init__(self, database: Database, metrics: Metrics, audit: AuditLog) -> None:
        self._database = database
        self._metrics = metrics
        self._audit = audit
        self._incidents: dict[str, Incident] = {}
        self._subscribers: list[Callable[[IncidentChange], None]] = []
        self._doubtful = False

    async def load(self) -> None:
        """Believe the disk. Tells nobody: it is how things were. Raises StorageError."""
        self._incidents = {incident.id: incident for incident in await self._read()}
        self._measure()

    def open(self) -> tuple[Incident, ...]:
        """All open incidents, oldest first."""
        return tuple(incident for incident in self._incidents.values() if incident.state is IncidentState.OPEN)

    def get(self, incident_id: str) -> Incident | None:
        """An incident that is open or has ended lately."""
        return self._incidents.get(incident_id)

    async def find(self, incident_id: str) -> Incident | None:
        """An incident as it is on disk. Raises StorageError."""
        async with self._database.reading() as session:
            return await store.find(session, incident_id)

    def subscribe(self, callback: Callable[[IncidentChange], None]) -> Callable[[], None]:
        """Have every change told, in the order of the commits; the answer ends it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    async def settle(self) -> None:
        """After a commit of unknown end, believe the disk and tell what is new there. Raises StorageError."""
        if not self._doubtful:
            return
        found = await self._read()
        self._doubtful = False
        news = [incident for incident in found if self._incidents.get(incident.id) != incident]
        self._believe([change_of(i, self._incidents.get(i.id), Effect.RECOVERED) for i in news])

    async def commit(
        self, changes: Sequence[IncidentChange], events: Sequence[AuditEvent], within: Within | None = None
    ) -> None:
        """Put changes on disk, with whatever ``within`` adds, then believe and tell them. Raises StorageError.

        A table of records that fails does not stop an alarm: the commit is tried without them (``within`` is then
        called again) and they are kept aside.
        """
        records = [self._audit.record(event) for event in events]
        self._doubtful = True
        try:
            await self._write(changes, records, within)
        except (StorageError, IntegrityError) as error:
            try:
                await self._write(changes, (), within)
            except IntegrityError as conflict:
                raise StorageError("the incident on disk is not the one that was read") from conflict
            await self._audit.keep_aside(records, error)
        self._doubtful = False
        self._believe(changes)

    async def _write(
        self, changes: Sequence[IncidentChange], records: Sequence[AuditRecord], within: Within | None
    ) -> None:
        async with self._database.session(Urgency.ALARM) as session:
            for change in changes:
                await store.save(session, change.incident, new=change.previous_state is None)
            for record in records:
                self._audit.add(session, record)
            if within is not None:
                await within(session)

    async def _read(self) -> list[Incident]:
        async with self._database.reading(urgent=True) as session:
            return await store.load(session, RECENT)

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
            self._tell(change)

    def _tell(self, change: IncidentChange) -> None:
        for callback in tuple(self._subscribers):
            try:
                callback(change)
            except Exception:  # a subscriber's bug must not undo what is on disk, nor keep it from the others
                self._metrics.task_failures.labels("incident_subscriber").inc()
                logger.exception("a subscriber failed at incident %s", change.incident.id)

    def _measure(self) -> None:
        count = Counter(incident.kind for incident in self.open())
        for kind in IncidentKind:
            self._metrics.incidents_open.labels(kind).set(count[kind])
