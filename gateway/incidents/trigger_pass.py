"""The way of a trigger, from its sender's message to its sender's answer, in one pass:

- Read what its sender was answered before (``Sent.earlier``), and what is known of its school.
- Arbitrate: ``arbitration.decide`` says what changes, or refuses.
- Commit the changes, their records and the answer in one transaction (``Ledger.commit``).
- Tell all who watch (the ledger does), then the sender.
"""

import secrets
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.configuration.settings import IncidentSettings
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
"""Refusals that are kept: whoever sends the same message again, however late, is refused again."""


class Sent(Protocol[Answer]):
    """One message of a sender that may send it again. The caller sees to it that the two are not under way at once."""

    async def earlier(self) -> Answer | None:
        """The answer that this message got before, if any. Raises ClientError for a refusal and for a reused name."""
        ...

    def trigger(self) -> Trigger:
        """Return what a new message asks for. Raises ClientError."""
        ...

    def answer(self, outcome: TriggerOutcome) -> Answer:
        """Return what its sender is told."""
        ...

    def row(self, result: TriggerOutcome | ClientError) -> Base:
        """A new row that ``earlier`` will know the answer by; asked for more than once if the disk fails."""
        ...


class TriggerPass:
    """Takes triggers from message to answer. Those that change anything follow each other, by the ledger's lock."""

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
        """Answer a message, the same message always alike.

        Raises ClientError for one that is refused, among them RealIncidentOpen (see ``enter``). Raises StorageError.
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
        """Open an incident, or join the open one of its kind. It is on disk on return, with the ``row`` of its outcome.

        Raises RealIncidentOpen for a drill or test while a real incident is open; that is counted and recorded here.
        Raises NotKept if no disk takes it: the alarm sounds all the same.
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
            raise NotKept("the alarm sounds, but no disk takes it")
        return decided.outcome


async def _add(row: Callable[[TriggerOutcome], Base], outcome: TriggerOutcome, session: AsyncSession) -> None:
    session.add(row(outcome))
