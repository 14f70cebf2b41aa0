"""Counts and logs failures outside all of our own tasks: those that reach the event loop's exception handler."""

import asyncio
import logging
from typing import Any

from gateway.clock import Clock
from gateway.metrics import Metrics

QUIET = 1.0
"""Seconds during which only the first failure is logged. When files run out, asyncio reports every connection to the
media port that it cannot accept, a thousand times per second."""

logger = logging.getLogger(__name__)


class UnownedFailures:
    """Handles failures of reader callbacks and of tasks started by libraries."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._said_at = float("-inf")
        self._unsaid = 0

    def tell(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Count one failure, and log it unless another was just logged. ``loop.set_exception_handler`` takes this
        method."""
        self._metrics.task_failures.labels("unowned").inc()
        now, self._unsaid = self._clock.monotonic(), self._unsaid + 1
        if now - self._said_at >= QUIET:
            alike = f" ({self._unsaid - 1} more since the last)" if self._unsaid > 1 else ""
            logger.error("unowned failure: %s%s", context.get("message"), alike, exc_info=context.get("exception"))
            self._said_at, self._unsaid = now, 0
