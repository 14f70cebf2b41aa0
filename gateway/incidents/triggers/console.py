"""Handles triggers pressed on a page.

The page makes a key for every press, and repeats the press until it is answered. The key is stored in one transaction
with what the press did. If the same person sends the same key again, it has no further effect, not even after a restart
or after the incident's end. A press that was refused during a real incident opens no drill later.
"""

import asyncio
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from gateway.clock import Clock
from gateway.errors import ClientError, Conflict
from gateway.incidents.answers import find_answer
from gateway.incidents.arbitration import RealIncidentOpen
from gateway.incidents.changes import Trigger, TriggerOutcome
from gateway.incidents.service import IncidentService
from gateway.models import IncidentKind, Principal
from gateway.storage.database import Database
from gateway.storage.tables import ConsolePressRow


@dataclass(frozen=True, slots=True)
class Press:
    """Prepares a press for the trigger pass. ``now`` is gateway time, and ``key`` is the page's name for this press."""

    database: Database
    incidents: IncidentService
    wanted: Trigger
    key: str
    by: Principal
    now: float

    async def earlier(self) -> TriggerOutcome | None:
        """Return the incident that this press opened or joined earlier, in its present state, or None.

        Raises RealIncidentOpen if it was refused, or Conflict if the key was used for another site, kind or room.
        """
        known = await find_answer(self.database, ConsolePressRow, (self.by.id, self.key))
        if known is None:
            return None
        if (known.site_id, known.kind, known.room) != (self.wanted.site_id, self.wanted.kind, self._room()):
            raise Conflict("key_reused", "This key was used before, with another school, kind or room.")
        if known.incident_id is None:
            raise RealIncidentOpen(IncidentKind(known.kind))
        incident = await self.incidents.find(known.incident_id)
        return TriggerOutcome(incident, opened=False, alarm=False)

    def trigger(self) -> Trigger:
        """Return the trigger, with a key that is unique among all people."""
        return replace(self.wanted, key=f"{self.by.id}/{self.key}")

    def answer(self, outcome: TriggerOutcome) -> TriggerOutcome:
        """Return the outcome unchanged. The route makes the answer from it."""
        return outcome

    def row(self, result: TriggerOutcome | ClientError) -> ConsolePressRow:
        """Return the row that stores the press and its incident."""
        return ConsolePressRow(
            principal_id=self.by.id,
            key=self.key,
            site_id=self.wanted.site_id,
            kind=self.wanted.kind.value,
            room=self._room(),
            received_at=self.now,
            incident_id=result.incident.id if isinstance(result, TriggerOutcome) else None,
        )

    def _room(self) -> str | None:
        return self.wanted.origin.room_id or self.wanted.origin.place or None


class ConsoleTrigger:
    """Passes presses to the incidents, one per key."""

    def __init__(self, database: Database, incidents: IncidentService, clock: Clock) -> None:
        self._database = database
        self._incidents = incidents
        self._clock = clock
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    async def press(self, trigger: Trigger, by: Principal) -> TriggerOutcome:
        """Open or join an incident, once per ``trigger.key``. A press without a key always counts.

        Raises Conflict if a real incident is open, or if the key was used for another site, kind or room. Raises
        StorageError.
        """
        # Of two requests with the same key, the second must find what the first has stored. Each person has a separate
        # lock, so that somebody who keeps pressing delays everybody else by one press at most.
        async with self._locks.setdefault(by.id, asyncio.Lock()):
            if trigger.key is None:
                return await self._incidents.triggers.enter(trigger)
            press = Press(self._database, self._incidents, trigger, trigger.key, by, self._clock.now())
            return await self._incidents.triggers.take(press)
