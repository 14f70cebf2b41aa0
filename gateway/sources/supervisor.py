"""Keeps pulling every camera stream, each in its own named task, so that a fault in one does not affect the others."""

import asyncio
import logging
from collections.abc import Iterable

from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.models import SourceStatus
from gateway.sources.source import LONG_DELAY, Source

logger = logging.getLogger(__name__)


class SourceSupervisor:
    """Supervises all streams of all cameras."""

    def __init__(self, sources: Iterable[Source], clock: Clock, metrics: Metrics) -> None:
        self.sources = tuple(sources)
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Pull all of them until cancelled."""
        async with asyncio.TaskGroup() as group:
            for source in self.sources:
                group.create_task(self._keep(source), name=f"source {source.name}")

    def hush(self) -> None:
        """Accept no more pictures from any camera, because ``run`` is about to be cancelled.

        Otherwise, while the gateway stops, the loop would go on reading from all cameras before it closes each one.
        """
        for source in self.sources:
            source.hush()

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Return the status of every stream."""
        return tuple(source.status() for source in self.sources)

    async def _keep(self, source: Source) -> None:
        """Run one source. A bug outside its pulls (for example in ``on_status``) ends its run, which is restarted
        later."""
        while True:
            try:
                await source.run()
            except Exception:
                logger.exception("%s: ended because of a bug in the gateway", source.name)
                self._metrics.task_failures.labels("source").inc()
            await self._clock.sleep(LONG_DELAY)
