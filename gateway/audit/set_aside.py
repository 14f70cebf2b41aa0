"""Keeps records that the database did not accept: in the spool, or in memory if the spool fails too."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from gateway.audit.audit_event import AuditRecord, Outcome
from gateway.audit.spool import Spool
from gateway.metrics import Metrics

logger = logging.getLogger(__name__)

IN_MEMORY = 2000
"""The maximum number of records that are kept in memory while none can be written to any disk."""

REFUSALS_SHARE = 4
"""Refusals may fill one quarter of the spool. The rest is reserved for records of what people saw and did."""


class SetAside:
    """Holds records until the database accepts them.

    A failure is counted (``record_failures``) and logged once. ``in_use`` is True while records may be waiting here.
    """

    def __init__(self, spool: Spool, metrics: Metrics) -> None:
        self.in_use = False
        self._spool = spool
        self._metrics = metrics
        self._spool_lock = asyncio.Lock()
        self._in_memory: deque[AuditRecord] = deque(maxlen=IN_MEMORY)

    async def prepare(self) -> None:
        """Give the spool its full size. Records that an earlier run left in it stay there."""
        try:
            await asyncio.to_thread(self._spool.prepare)
        except OSError as error:
            logger.error("no space could be reserved for the spool of records: %s", error)  # noqa: TRY400  not our bug

    async def is_empty(self) -> bool:
        """Return True if no record is waiting, not even one from an earlier run. Raises OSError."""
        return not self.in_use and await asyncio.to_thread(lambda: self._spool.empty)

    async def keep(self, records: Sequence[AuditRecord], error: Exception) -> bool:
        """Keep records that the database has refused with ``error``. They enter it once it works again.

        Return True if they are on disk. If not, they are in memory, and a crash loses them.
        """
        self._metrics.record_failures.inc(len(records))
        if not self.in_use:
            logger.error("the database does not accept the record, spooling to %s: %s", self._spool.path, error)
        self.in_use = True
        refused = [record for record in records if record.event.outcome == Outcome.REFUSED]
        kept = [record for record in records if record.event.outcome != Outcome.REFUSED]
        async with self._spool_lock:
            try:
                if kept:
                    await asyncio.to_thread(self._spool.append, kept)
            except OSError as failure:
                self._keep_in_memory(kept, failure)
                return False
            try:
                if refused:
                    await asyncio.to_thread(self._spool.append, refused, self._spool.size // REFUSALS_SHARE)
            except OSError:
                self._metrics.dropped.labels("refusal_records").inc(len(refused))
                return False
        return True

    async def drain(self, enter: Callable[[Sequence[AuditRecord]], Awaitable[None]], piece_size: int) -> None:
        """Pass all waiting records to ``enter``, in pieces, so that other writers get their turn in between.

        Raises OSError and whatever ``enter`` raises. The records then stay here.
        """
        count = offset = 0
        while True:
            records, offset = await asyncio.to_thread(self._spool.read, offset, piece_size)
            if records:
                await enter(records)
            elif self._in_memory:
                records = list(self._in_memory)[:piece_size]
                await enter(records)
                for record in records:
                    if self._in_memory and self._in_memory[0] is record:
                        self._in_memory.popleft()
            else:
                async with self._spool_lock:
                    if not self._in_memory and await asyncio.to_thread(self._spool.clear, offset):
                        self.in_use = False
                        logger.info("the database accepts records again; %d records had been waiting", count)
                        return
            count += len(records)

    def _keep_in_memory(self, records: Sequence[AuditRecord], failure: OSError) -> None:
        if not self._in_memory:
            logger.error("the spool does not accept records either, so they are kept in memory: %s", failure)
        lost = max(0, len(self._in_memory) + len(records) - IN_MEMORY)
        if lost:
            self._metrics.dropped.labels("records").inc(lost)
            logger.error("%d records are lost: neither the database nor the spool accepted them", lost)
        self._in_memory.extend(records)
