"""Handles a trigger in one pass, from the message to the answer that its sender gets.

- Read the earlier answer to the same message (``Sent.earlier``), and the known incidents.
- Arbitrate: ``arbitration.decide`` says what changes, or refuses.
- Commit the changes, their records and the answer in one transaction (``Ledger.commit``).
- Notify the subscribers (the ledger does this), then answer the sender.
"""

import secrets
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.configuration.incident_settings import IncidentSettings
from gateway.errors import ClientError, Conflict, Forbidden, NotKept
from gateway.incidents.answers import keep_refusal
from gateway.incidents.arbitration import RealIncidentOpen, decide
from gateway.incidents.changes import Trigger, TriggerOutcome, record_of, record_of_refusal
from gateway.incidents.ledger import Ledger
from gateway.incidents.threat import Where, threat_of
from gateway.metrics import Metrics
from gateway.storage.database import Database
from gateway.storage.tables import Base

Answer = TypeVar("Answer", covariant=True)
LASTING = (Forbidden, Conflict)
"""The refusals that are kept. If the same message is sent again at any later time, it is refused again."""


class Sent(Protocol[Answer]):
    """Represents a message that its sender may repeat.

    The caller makes sure that only one copy is handled at a time.
    """

    async def earlier(self) -> Answer | None:
        """Return the earlier answer to this message, or None.

        Raises ClientError if it was refused before, or if its key was used for another message.
        """
        ...

    def trigger(self) -> Trigger:
        """Return the trigger that a new message asks for. Raises ClientError."""
        ...

    def answer(self, outcome: TriggerOutcome) -> Answer:
        """Return the answer for its sender."""
        ...

    def row(self, result: TriggerOutcome | ClientError) -> Base:
        """Return a new row from which ``earlier`` can read the answer. It is called again if a write is retried."""
        ...


class TriggerPass:
    """Handles triggers from message to answer. The ledger's lock makes those that change something take turns."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        rules: IncidentSettings,
        where: Where,
        clock: Clock,
        metrics: Metrics,
        audit: AuditLog,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._rules = rules
        self._where = where
        self._clock = clock
        self._metrics = metrics
        self._audit = audit

    async def take(self, sent: Sent[Answer]) -> Answer:
        """Answer a message. The same message always gets the same answer.

        Raises ClientError if it is refused, for instance RealIncidentOpen (see ``enter``), or StorageError.
        """
        earlier = await sent.earlier()
        if earlier is not None:
            return earlier
        try:
            return sent.answer(await self.enter(sent.trigger(), sent.row))
        except LASTING as refusal:
            await keep_refusal(self._database, sent.row(refusal))
            raise

    async def enter(self, trigger: Trigger, row: Callable[[TriggerOutcome], Base] | None = None) -> TriggerOutcome:
        """Open an incident, or join the open one of its kind. On return it is on disk, with the ``row`` of its outcome.

        Raises RealIncidentOpen for a drill or test while a real incident is open, after counting and recording that.
        Raises NotKept if the change cannot be written to any disk; the alarm sounds all the same.
        """
        threat = threat_of(trigger.kind, self._where(trigger.site_id, trigger.origin), trigger.origin)
        async with self._ledger.lock:
            now, known = self._clock.now(), self._ledger.known()
            decided = decide(trigger, known, now, self._rules, secrets.token_hex(8), threat)
            if isinstance(decided, RealIncidentOpen):
                self._metrics.triggers_refused.labels(decided.code).inc()
                await self._audit.append(record_of_refusal(trigger, decided.code))
                raise decided
            records = [record_of(change, trigger.principal, trigger, trigger.address) for change in decided.changes]
            within = None if row is None or not decided.changes else partial(_add, row, decided.outcome)
            on_disk = await self._ledger.commit(decided.changes, records, within)
        if not on_disk:
            raise NotKept("the alarm sounds, but it could not be stored on any disk")
        return decided.outcome


async def _add(row: Callable[[TriggerOutcome], Base], outcome: TriggerOutcome, session: AsyncSession) -> None:
    session.add(row(outcome))
