"""Notices when a person or a time service sets the machine's clock while the gateway runs, and reports it once.

This changes no deadline in the gateway (``clock``). But dates recorded before and after cannot be
compared, and anybody who later has to say what happened when must know that.
"""

import logging
from collections.abc import Callable

from gateway.audit.audit_event import AuditEvent
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.clock import Clock
from gateway.listeners import Listeners
from gateway.metrics import Metrics

logger = logging.getLogger(__name__)

LOOK = 1.0
THRESHOLD = 2.0
"""Seconds by which the clock must jump between two checks to count as set. Corrections by a time service are far
smaller.
"""


class ClockSteps:
    """Compares the wall clock with steady time. ``run`` belongs to the server's TaskGroup."""

    def __init__(self, clock: Clock, audit: AuditLog, metrics: Metrics) -> None:
        self._clock = clock
        self._audit = audit
        self._metrics = metrics
        self._noted = clock.wall() - clock.now()
        self._watchers: Listeners[float] = Listeners("clock_step_listener", metrics)
        if abs(self._noted) >= THRESHOLD:
            logger.warning("the machine's clock differs by %.1f s from the gateway's steady time", self._noted)

    def on_step(self, callback: Callable[[float], None]) -> None:
        """Call ``callback`` with the seconds by which the clock was set (positive: forward). It must return quickly."""
        self._watchers.add(callback)

    async def run(self) -> None:
        """Check once a second, until cancelled."""
        while True:
            await self._clock.sleep(LOOK)
            await self.look()

    async def look(self) -> None:
        """Call the listeners if the clock was set since the last check."""
        difference = self._clock.wall() - self._clock.now()
        by, self._noted = step(self._noted, difference), difference
        if by == 0:
            return
        way = "forward" if by > 0 else "back"
        logger.warning(
            "the machine's clock was set %s by %.1f s: dates from before and after this cannot be compared",
            way,
            abs(by),
        )
        self._metrics.clock_steps.labels(way).inc()
        self._watchers.tell(by)
        await self._audit.append(AuditEvent(kind=Kind.CLOCK_STEP, detail={"by": by, "off_by": round(difference, 1)}))


def step(noted: float, difference: float) -> float:
    """Return the seconds by which the clock was set, to a tenth, or 0 if it has only drifted.

    Both arguments are wall time minus steady time, before and now.
    """
    moved = round(difference - noted, 1)
    return moved if abs(moved) >= THRESHOLD else 0.0
