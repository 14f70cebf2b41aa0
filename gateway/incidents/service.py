"""Takes triggers, presses and the clock to the incidents. What may happen to them is ``state``'s to say.

Everything is decided under one lock. It is on disk before it is answered, and told; only what ends an incident is told
first. Where no disk takes it, it holds all the same, and the answer says so.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.configuration.settings import IncidentSettings
from gateway.errors import Conflict, NotFound, NotKept
from gateway.incidents.alarms import confirmed
from gateway.incidents.changes import (
    IncidentChange,
    Trigger,
    TriggerOutcome,
    change_of,
    record_of,
    record_of_refusal,
)
from gateway.incidents.ledger import Ledger
from gateway.incidents.state import (
    Acknowledge,
    AllClear,
    Arbitration,
    Effect,
    Event,
    Extend,
    Repeat,
    Resume,
    Supersede,
    advance,
    arbitrate,
    due,
    supersedes,
)
from gateway.incidents.threat import Where, ids_of, threat_of
from gateway.metrics import Metrics
from gateway.models import Incident, IncidentKind, IncidentState, Principal, ReceivedTrigger
from gateway.storage.database import Database

__all__ = ["IncidentChange", "IncidentService", "Trigger", "TriggerOutcome"]

logger = logging.getLogger(__name__)

TICK = 1.0
"""Seconds between looks at the clock. Nobody sleeps until a deadline: incidents end in time also where the machine
slept."""


NO_INCIDENT = ("no_such_incident", "There is no such incident.")


def refusal(kind: IncidentKind) -> Conflict:
    """The error for a drill or test while a real incident is open."""
    words = f"A real incident is open at this school: no {kind} can begin before all clear."
    return Conflict("real_incident_open", words)


class IncidentService:
    """What is going on at each site. ``start`` before all else; ``run`` belongs to the server's TaskGroup."""

    def __init__(
        self,
        database: Database,
        settings: IncidentSettings,
        clock: Clock,
        metrics: Metrics,
        audit: AuditLog,
        where: Where = ids_of,
    ) -> None:
        self._settings = settings
        self._where = where
        self._clock = clock
        self._metrics = metrics
        self._audit = audit
        self._ledger = Ledger(database, metrics, audit)
        self._lock = asyncio.Lock()
        self._pressing = WeakValueDictionary[str, asyncio.Lock]()

    async def start(self) -> None:
        """Read what was open, and give those who could not press "extend" meanwhile the time to do so."""
        async with self._lock:
            await self._ledger.load()
            for incident in self.open():
                await self._advance(incident, Resume(self._clock.now()))

    async def run(self) -> None:
        """Warn and end by the clock, until cancelled."""
        while True:
            await self._clock.sleep(TICK)
            await self.tick()

    async def tick(self) -> None:
        """Do what the clock has made due, whether or not a disk takes it."""
        async with self._lock:
            for incident in self.open():
                event = due(incident, self._clock.now(), self._settings)
                if event is not None:
                    await self._advance(incident, event)

    async def trigger(
        self, trigger: Trigger, within: Callable[[AsyncSession, TriggerOutcome], Awaitable[None]] | None = None
    ) -> TriggerOutcome:
        """Open an incident, or join the open one of its kind; on disk on return.

        ``within`` adds to the same transaction; it may be called more than once, and later. Raises Conflict for a drill
        or test while a real incident is open. Raises NotKept if no disk takes it: the alarm sounds all the same.
        """
        async with self._lock:
            again = self._received(trigger)
            if again is not None:
                return self._kept(again, await self._ledger.commit((), ()))
            here = [incident for incident in self.open() if incident.site_id == trigger.site_id]
            match arbitrate(trigger.kind, {incident.kind for incident in here}):
                case Arbitration.REFUSE:
                    self._metrics.triggers_refused.labels("real_incident_open").inc()
                    await self._audit.append(record_of_refusal(trigger, "real_incident_open"))
                    raise refusal(trigger.kind)
                case Arbitration.JOIN:
                    changes = self._joined(trigger, here)
                case Arbitration.OPEN:
                    changes = self._opened(trigger, here)
            first = changes[0]
            outcome = TriggerOutcome(first.incident, first.previous_state is None, first.alarm)
            on_disk = await self._ledger.commit(
                changes,
                [record_of(change, trigger.principal, trigger, trigger.address) for change in changes],
                None if within is None else lambda session: within(session, outcome),
            )
            return self._kept(outcome, on_disk)

    async def acknowledge(
        self,
        incident_id: str,
        principal: Principal,
        address: str | None = None,
        alarm: int | None = None,
        *,
        confirms: bool,
    ) -> Incident:
        """Note by name who has seen the alarm of this number, or the newest; ``confirms``: they are of the police.

        Raises NotFound, Conflict (it is over).
        """
        event = Acknowledge(self._clock.now(), principal, confirms, alarm)
        return await self._press(incident_id, event, principal, address)

    async def extend(self, incident_id: str, principal: Principal, address: str | None = None) -> Incident:
        """Prolong by one press. Raises NotFound, Conflict (it is over)."""
        return await self._press(incident_id, Extend(self._clock.now()), principal, address)

    async def all_clear(self, incident_id: str, by: Principal, address: str | None = None) -> Incident:
        """End it; one that is over comes back as it ended. Raises NotFound."""
        return await self._press(incident_id, AllClear(self._clock.now(), by.name), by, address)

    def open(self) -> tuple[Incident, ...]:
        """All open incidents, oldest first."""
        return self._ledger.open()

    def get(self, incident_id: str) -> Incident | None:
        """An incident that is open or has ended lately."""
        return self._ledger.get(incident_id)

    def on_disk(self, incident_id: str) -> bool:
        """Return True if a crash would not change this incident."""
        return self._ledger.on_disk(incident_id)

    async def find(self, incident_id: str) -> Incident:
        """Any incident, however long ago it ended. Raises NotFound, StorageError."""
        incident = self._ledger.get(incident_id) or await self._ledger.find(incident_id)
        if incident is None:
            raise NotFound(*NO_INCIDENT)
        return incident

    def subscribe(self, callback: Callable[[IncidentChange], None]) -> Callable[[], None]:
        """Be told of every change, in order, by quick calls: of endings at once, of all else after its commit."""
        return self._ledger.subscribe(callback)

    def _received(self, trigger: Trigger) -> TriggerOutcome | None:
        """What this very trigger did before, if it is sent again while the database cannot tell its sender's answer."""
        if trigger.key is None:
            return None
        for incident in self._ledger.known():
            for number, known in enumerate(reversed(incident.triggers)):
                same = known.key == trigger.key and known.origin.by == trigger.origin.by
                if same and incident.site_id == trigger.site_id:
                    return TriggerOutcome(incident, opened=number == 0, alarm=known.alarm)
        return None

    @staticmethod
    def _kept(outcome: TriggerOutcome, on_disk: bool) -> TriggerOutcome:
        if not on_disk:
            raise NotKept("the alarm sounds, but no disk takes it")
        return outcome

    def _opened(self, trigger: Trigger, here: list[Incident]) -> list[IncidentChange]:
        """The new incident first, so that those whom a drill let see know of it before the drill is over."""
        now = self._clock.now()
        incident = Incident(
            id=secrets.token_hex(8),
            site_id=trigger.site_id,
            kind=trigger.kind,
            state=IncidentState.OPEN,
            origin=trigger.origin,
            opened_at=now,
            ends_at=now + self._settings.maximum_duration,
            last_alarm_at=now,
            triggers=(ReceivedTrigger(trigger.origin, now, alarm=True, key=trigger.key),),
            threat=threat_of(trigger.kind, self._where(trigger.site_id, trigger.origin), trigger.origin),
            enrolled=trigger.enrolled,
        )
        changes = [change_of(incident, None, Effect.OPENED)]
        for other in here:
            if supersedes(trigger.kind, other.kind):
                ended, effect = advance(other, Supersede(now, trigger.origin.by), self._settings)
                changes.append(change_of(ended, other, effect))
        return changes

    def _joined(self, trigger: Trigger, here: list[Incident]) -> list[IncidentChange]:
        known = next(incident for incident in here if incident.kind is trigger.kind)
        repeat = Repeat(self._clock.now(), trigger.origin, trigger.enrolled, trigger.key)
        incident, effect = advance(known, repeat, self._settings)
        return [change_of(incident, known, effect)]

    async def _press(self, incident_id: str, event: Event, principal: Principal, address: str | None) -> Incident:
        # One press of a person at a time: whoever presses without end makes no alarm wait for more than one of them.
        async with self._pressing.setdefault(principal.id, asyncio.Lock()), self._lock:
            incident = self.get(incident_id)
            if incident is None:
                raise NotFound(*NO_INCIDENT)
            return await self._advance(incident, event, principal, address)

    async def _advance(
        self, incident: Incident, event: Event, principal: Principal | None = None, address: str | None = None
    ) -> Incident:
        changed, effect = advance(incident, event, self._settings)
        if effect is Effect.REFUSED:
            raise Conflict("incident_over", f"This incident is over ({incident.state.replace('_', ' ')}).")
        if effect is not Effect.NOTHING:
            change = change_of(changed, incident, effect)
            await self._ledger.commit([change], [record_of(change, principal, address=address)])
            self._measure(change.incident, incident)
        return changed

    def _measure(self, incident: Incident, previous: Incident) -> None:
        if confirmed(incident) and not confirmed(previous):
            elapsed = self._clock.now() - incident.last_alarm_at
            self._metrics.alarm_to_acknowledgement_seconds.labels(incident.kind).observe(max(0.0, elapsed))
        if incident.unconfirmed != previous.unconfirmed:
            self._metrics.alarms_unconfirmed.labels(incident.kind).inc()
