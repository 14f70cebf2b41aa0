"""Merges refusals that are alike, so that nobody fills the disk or the record by asking again and again. Pure."""

import math
from dataclasses import dataclass, replace

from gateway.audit.record import AuditEvent, Outcome

WINDOW = 60.0
"""Seconds for which refusals that are alike make one record, and then one more that counts them."""

APART = 200
"""Refusals that are told apart within a window. Beyond these only their kind and reason are."""

Key = tuple[str | None, ...]


@dataclass(slots=True)
class _Window:
    event: AuditEvent
    since: float
    more: int = 0


class Refusals:
    """Says which refusals get a record of their own.

    The first is recorded at once and whole. Those of the same person (or panic button, or address), kind, reason,
    school and camera within WINDOW after it are counted, and ``due`` gives one event for them.
    """

    def __init__(self) -> None:
        self._windows: dict[Key, _Window] = {}

    def recorded(self, event: AuditEvent, now: float) -> bool:
        """Return True if the event is to be recorded by itself. ``now`` is gateway time."""
        if event.outcome != Outcome.REFUSED:
            return True
        sender = event.principal or event.detail.get("webhook") or event.origin_address
        key: Key = (event.kind, event.reason, sender, event.site, event.camera)
        if key not in self._windows and len(self._windows) >= APART:
            key = (event.kind, event.reason)
            event = AuditEvent(kind=event.kind, outcome=event.outcome, reason=event.reason)
        window = self._windows.get(key)
        if window is None or now - window.since >= WINDOW:
            self._windows[key] = _Window(event, now, 0 if window is None else window.more)
            return True
        window.more += 1
        return False

    def due(self, now: float = math.inf) -> list[AuditEvent]:
        """One event for each window that is over and counted something. Without ``now``: for all windows."""
        over = [key for key, window in self._windows.items() if now - window.since >= WINDOW]
        windows = [self._windows.pop(key) for key in over]
        return [
            replace(window.event, detail=window.event.detail | {"alike": window.more})
            for window in windows
            if window.more
        ]
