"""Merges repeated refusals, so that nobody can fill the disk or the record by asking again and again. Pure."""

import math
from dataclasses import dataclass, replace

from gateway.audit.audit_event import AuditEvent, Outcome

WINDOW = 60.0
"""Seconds for which repeated refusals make only one record, followed by one more that counts them."""

APART = 200
"""The maximum number of different refusals that a window distinguishes. Beyond that, it only looks at kind and reason.
"""

Key = tuple[str | None, ...]


@dataclass(slots=True)
class _Window:
    event: AuditEvent
    since: float
    more: int = 0


class Refusals:
    """Decides which refusals get a record of their own.

    The first is recorded at once and in full. Repeats within WINDOW are only counted, and ``due`` returns one event for
    all of them. Refusals are repeats if they have the same person (or panic button, or address), kind, reason, school
    and camera.
    """

    def __init__(self) -> None:
        self._windows: dict[Key, _Window] = {}

    def recorded(self, event: AuditEvent, now: float) -> bool:
        """Return True if the event gets a record of its own, and count it otherwise. ``now`` is gateway time."""
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
        """Return one event per window that is over and has counted repeats. Without ``now``, close all windows."""
        over = [key for key, window in self._windows.items() if now - window.since >= WINDOW]
        windows = [self._windows.pop(key) for key in over]
        return [
            replace(window.event, detail=window.event.detail | {"alike": window.more})
            for window in windows
            if window.more
        ]
