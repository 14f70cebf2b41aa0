"""The trigger on a page. A page makes a key for each press, so that it may send the press again until it is answered.

The key is kept with what the press did, in one transaction. The same key of the same person does nothing further, also
after a restart and after the incident's end; a press that was refused in a real incident opens no drill later on.
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
    """A press as the trigger pass takes it, at ``now`` in gateway time. ``key`` is the page's name for it."""

    database: Database
    incidents: IncidentService
    wanted: Trigger
    key: str
    by: Principal
    now: float

    async def earlier(self) -> TriggerOutcome | None:
        """The incident of this press, as it is today. Raises RealIncidentOpen if it was refused, Conflict if the key
        was for another site, kind or room."""
        known = await find_answer(self.database, ConsolePressRow, (self.by.id, self.key))
        if known is None:
            return None
        if (known.site_id, known.kind, known.room) != (self.wanted.site_id, self.wanted.kind, self._room()):
            raise Conflict("key_reused", "This key came before, with another school, kind or room.")
        if known.incident_id is None:
            raise RealIncidentOpen(IncidentKind(known.kind))
        incident = await self.incidents.find(known.incident_id)
        return TriggerOutcome(incident, opened=False, alarm=False)

    def trigger(self) -> Trigger:
        """What it asks for."""
        return replace(self.wanted, key=f"{self.by.id}/{self.key}")

    def answer(self, outcome: TriggerOutcome) -> TriggerOutcome:
        """What it did."""
        return outcome

    def row(self, result: TriggerOutcome | ClientError) -> ConsolePressRow:
        """The press and its incident, as they are kept."""
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
    """Takes presses to the incidents, each key once."""

    def __init__(self, database: Database, incidents: IncidentService, clock: Clock) -> None:
        self._database = database
        self._incidents = incidents
        self._clock = clock
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    async def press(self, trigger: Trigger, by: Principal) -> TriggerOutcome:
        """Open or join an incident, once for each ``trigger.key``; a press without one always counts.

        Raises Conflict where a real incident is open, or where the key came before for another site, kind or room;
        StorageError.
        """
        # Two requests with one key: the second finds what the first has kept. One lock a person, whose keys they are:
        # whoever presses without end makes nobody else wait for more than one of these presses.
        async with self._locks.setdefault(by.id, asyncio.Lock()):
            if trigger.key is None:
                return await self._incidents.triggers.enter(trigger)
            press = Press(self._database, self._incidents, trigger, trigger.key, by, self._clock.now())
            return await self._incidents.triggers.take(press)
