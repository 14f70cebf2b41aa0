"""Tells listeners about events, with one rule for listeners that fail.

A listener that raises is logged, counted and kept, and the other listeners are still told. A bug in one listener cannot
hide from another that an incident has opened or a grant has ended.
"""

import logging
from collections.abc import Callable
from typing import Generic, TypeVarTuple, Unpack

from gateway.metrics import Metrics

logger = logging.getLogger(__name__)
Event = TypeVarTuple("Event")


class _Callback(Generic[*Event]):
    """Holds one listener's function, and whether its last call failed."""

    __slots__ = ("call", "failing", "removed")

    def __init__(self, call: Callable[[Unpack[Event]], object]) -> None:
        self.call = call
        self.failing = False
        self.removed = False


class Listeners(Generic[*Event]):
    """Holds the callbacks for one kind of event. They are called within the event loop.

    ``name`` is the ``task`` label of their failures. When the same listener fails repeatedly, only the first failure is
    logged: some events happen thirty times per second.
    """

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._callbacks: tuple[_Callback[*Event], ...] = ()

    def __len__(self) -> int:
        return len(self._callbacks)

    def add(self, callback: Callable[[Unpack[Event]], object]) -> Callable[[], None]:
        """Call ``callback`` for every event from now on. Return a function that removes it at once; a second call does
        no harm."""
        added = _Callback[*Event](callback)
        self._callbacks = (*self._callbacks, added)

        def remove() -> None:
            added.removed = True
            self._callbacks = tuple(one for one in self._callbacks if one is not added)

        return remove

    def tell(self, *event: *Event) -> None:
        """Call all listeners with ``event``, in the order in which they were added."""
        for callback in self._callbacks:
            if callback.removed:
                continue  # a listener called earlier in this loop removed it
            try:
                callback.call(*event)
            except Exception:
                self._metrics.task_failures.labels(self._name).inc()
                if not callback.failing:
                    logger.exception("a listener failed: %s", self._name)
                callback.failing = True
            else:
                callback.failing = False
