"""Keeps the status of one stream: moves its state by the table, reports it, and logs once when it is lost and once when
it is back."""

import logging
from collections.abc import Callable
from dataclasses import replace

from gateway.clock import Clock
from gateway.models import SourceReason, SourceState, SourceStatus
from gateway.sources.state import FAULTY, IGNORED, SourceEvent, advance

logger = logging.getLogger(__name__)


class Standing:
    """The status of the stream ``name``. ``on_status`` is called when state, reason, picture or notes change, but not
    for rates alone. ``on_state`` is called with every state."""

    def __init__(
        self,
        name: str,
        status: SourceStatus,
        clock: Clock,
        on_status: Callable[[SourceStatus], None],
        on_state: Callable[[SourceState], None],
    ) -> None:
        self.status = status
        self._name = name
        self._clock = clock
        self._on_status = on_status
        self._on_state = on_state
        self._lost_at = clock.monotonic()
        on_state(status.state)

    def happened(self, event: SourceEvent, reason: SourceReason, detail: str) -> None:
        """Move the state according to the table."""
        before = self.status
        state = advance(before.state, event)
        if state is IGNORED or (state, reason, detail) == (before.state, before.reason, before.detail):
            return
        since = self._clock.now() if state is not before.state else before.since
        self._on_state(state)
        if state in FAULTY and before.state not in FAULTY:
            self._lost_at = self._clock.monotonic()
            logger.warning("%s: lost: %s (%s)", self._name, detail, reason)
        elif state is SourceState.UP and before.state in FAULTY:
            logger.info("%s: back after %.0f s", self._name, self._clock.monotonic() - self._lost_at)
        self.publish(replace(before, state=state, reason=reason, detail=detail, since=since))

    def reconnecting(self) -> None:
        """Note that another pull begins."""
        self.status = replace(self.status, reconnects=self.status.reconnects + 1)

    def publish(self, status: SourceStatus) -> None:
        """Process a new status."""
        before, self.status = self.status, status
        if _without_rates(before) != _without_rates(status):
            self._on_status(status)


def _without_rates(status: SourceStatus) -> SourceStatus:
    return replace(status, fps=0.0, bitrate_bps=0.0, loss=0.0)
