"""The trigger on a page. A page makes a key for each press, so that it may send the press again until it is answered.

The key is kept with what the press did, in one transaction. The same key of the same person does nothing further, also
after a restart and after the incident's end; a press that was refused in a real incident opens no drill later on.
"""

import asyncio
from dataclasses import replace
from weakref import WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clock import Clock
from gateway.errors import Conflict
from gateway.incidents.changes import Trigger, TriggerOutcome
from gateway.incidents.service import IncidentService, refusal
from gateway.incidents.triggers.answers import find_answer, keep_refusal
from gateway.models import IncidentKind, Principal
from gateway.storage.database import Database
from gateway.storage.tables import ConsolePressRow


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
                return await self._incidents.trigger(trigger)
            return await self._once(trigger, trigger.key, by)

    async def _once(self, trigger: Trigger, key: str, by: Principal) -> TriggerOutcome:
        known = await find_answer(self._database, ConsolePressRow, (by.id, key))
        room = trigger.origin.room_id or trigger.origin.place or None
        if known is not None:
            if (known.site_id, known.kind, known.room) != (trigger.site_id, trigger.kind, room):
                raise Conflict("key_reused", "This key came before, with another school, kind or room.")
            return await self._as_before(known)
        now = self._clock.now()

        def row(incident_id: str | None) -> ConsolePressRow:
            return ConsolePressRow(
                principal_id=by.id,
                key=key,
                site_id=trigger.site_id,
                kind=trigger.kind.value,
                room=room,
                received_at=now,
                incident_id=incident_id,
            )

        async def keep(session: AsyncSession, outcome: TriggerOutcome) -> None:
            session.add(row(outcome.incident.id))

        try:
            return await self._incidents.trigger(replace(trigger, key=f"{by.id}/{key}"), keep)
        except Conflict:
            await keep_refusal(self._database, row(None))
            raise

    async def _as_before(self, known: ConsolePressRow) -> TriggerOutcome:
        if known.incident_id is None:
            raise refusal(IncidentKind(known.kind))
        incident = await self._incidents.find(known.incident_id)
        return TriggerOutcome(incident, opened=False, alarm=False)
