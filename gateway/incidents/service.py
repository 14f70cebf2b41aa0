"""Applies people's presses and elapsed time to the incidents. ``state`` decides what may happen to them.

Every decision is made under one lock and written to disk; then it is published and answered. Only the end of an
incident is published first. A decision that cannot be written to any disk takes effect all the same, and the answer
says so.
"""

import asyncio
from collections.abc import Callable
from weakref import WeakValueDictionary

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.configuration.incident_settings import IncidentSettings
from gateway.errors import Conflict, NotFound
from gateway.incident import Incident
from gateway.incidents.alarms import confirmed
from gateway.incidents.changes import IncidentChange, change_of, record_of
from gateway.incidents.incident_events import Acknowledge, AllClear, Effect, Event, Extend, Resume
from gateway.incidents.ledger import Ledger
from gateway.incidents.state import advance, due
from gateway.incidents.threat import Where, ids_of
from gateway.incidents.trigger_pass import TriggerPass
from gateway.metrics import Metrics
from gateway.models import Principal
from gateway.storage.database import Database

TICK = 1.0
"""Seconds between checks of the clock. No task sleeps until a deadline, so incidents end on time even if the machine
slept.
"""

NO_INCIDENT = ("no_such_incident", "There is no such incident.")


class IncidentService:
    """Knows the incidents of all sites, and changes them. Call ``start`` first.

    ``run`` belongs to the server's TaskGroup. ``triggers`` takes the triggers that open and join incidents
    (``trigger_pass``).
    """

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
        self._clock = clock
        self._metrics = metrics
        self._ledger = Ledger(database, metrics, audit)
        self.triggers = TriggerPass(database, self._ledger, settings, where, clock, metrics, audit)
        self._pressing = WeakValueDictionary[str, asyncio.Lock]()

    async def start(self) -> None:
        """Load the open incidents.

        While the gateway was down, nobody could press "extend", so leave time to do so now.
        """
        async with self._ledger.lock:
            await self._ledger.load()
            for incident in self.open():
                await self._advance(incident, Resume(self._clock.now()))

    async def run(self) -> None:
        """Warn about deadlines, and end incidents when their time is up, until cancelled."""
        while True:
            await self._clock.sleep(TICK)
            await self.tick()

    async def tick(self) -> None:
        """Do everything that is due now, even if it cannot be written to any disk."""
        async with self._ledger.lock:
            for incident in self.open():
                event = due(incident, self._clock.now(), self._settings)
                if event is not None:
                    await self._advance(incident, event)

    async def acknowledge(
        self,
        incident_id: str,
        principal: Principal,
        address: str | None = None,
        alarm: int | None = None,
        *,
        confirms: bool,
    ) -> Incident:
        """Record under their name that ``principal`` has seen the alarm with this number, or the newest one.

        ``confirms`` says that this person belongs to the police. Raises NotFound, or Conflict if the incident is over.
        """
        event = Acknowledge(self._clock.now(), principal, confirms, alarm)
        return await self._press(incident_id, event, principal, address)

    async def extend(self, incident_id: str, principal: Principal, address: str | None = None) -> Incident:
        """Extend the incident once, as a press asks for. Raises NotFound, or Conflict if it is over."""
        return await self._press(incident_id, Extend(self._clock.now()), principal, address)

    async def all_clear(
        self, incident_id: str, by: Principal, address: str | None = None, alarm: int | None = None
    ) -> Incident:
        """End the incident. If it is already over, return it as it ended.

        ``alarm`` is the number of alarms that the page had shown to the person who pressed. Raises NotFound, or
        Conflict if there is a newer alarm.
        """
        return await self._press(incident_id, AllClear(self._clock.now(), by.name, alarm), by, address)

    def open(self) -> tuple[Incident, ...]:
        """Return all open incidents, oldest first."""
        return self._ledger.open()

    def get(self, incident_id: str) -> Incident | None:
        """Return an incident that is open or has ended recently, or None."""
        return self._ledger.get(incident_id)

    def on_disk(self, incident_id: str) -> bool:
        """Return True if a crash now would lose nothing of this incident."""
        return self._ledger.on_disk(incident_id)

    async def find(self, incident_id: str) -> Incident:
        """Return any incident, no matter how long ago it ended. Raises NotFound, StorageError."""
        incident = self._ledger.get(incident_id) or await self._ledger.find(incident_id)
        if incident is None:
            raise NotFound(*NO_INCIDENT)
        return incident

    def subscribe(self, callback: Callable[[IncidentChange], None]) -> Callable[[], None]:
        """Call ``callback`` for every change, in order, until the returned function is called. It must return quickly.

        The end of an incident is reported at once, and all other changes after their commit.
        """
        return self._ledger.subscribe(callback)

    async def _press(self, incident_id: str, event: Event, principal: Principal, address: str | None) -> Incident:
        # One press per person at a time, so that somebody who keeps pressing delays an alarm by one press at most.
        async with self._pressing.setdefault(principal.id, asyncio.Lock()), self._ledger.lock:
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
        if effect is Effect.OVERTAKEN:
            words = "There is a new alarm, so all clear was not given. Look at it, then press again."
            raise Conflict("newer_alarm", words)
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
