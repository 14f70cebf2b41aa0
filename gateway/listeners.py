"""Whoever wants to be told of something, and one rule for those who fail at it.

A listener that raises is logged, counted and kept, and the others are told all the same: no bug of one can keep from
another that an incident is open or a grant has ended.
"""

import logging
from collections.abc import Callable
from typing import Generic, TypeVarTuple, Unpack

from gateway.metrics import Metrics

logger = logging.getLogger(__name__)
Event = TypeVarTuple("Event")


class Listeners(Generic[*Event]):
    """Callbacks for one kind of event, called within the event loop; ``name`` is the ``task`` label of their failures.

    Of failures of the same listener in a row only the first is logged: a picture is told thirty times a second.
    """

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._callbacks: dict[object, Callable[[Unpack[Event]], object]] = {}
        self._failing: set[object] = set()

    def __len__(self) -> int:
        return len(self._callbacks)

    def add(self, callback: Callable[[Unpack[Event]], object]) -> Callable[[], None]:
        """Call ``callback`` from now on. The result takes it off, at once and for good; twice does no harm."""
        key = object()
        self._callbacks[key] = callback

        def remove() -> None:
            self._callbacks.pop(key, None)
            self._failing.discard(key)

        return remove

    def tell(self, *event: *Event) -> None:
        """Call all with ``event``, in the order in which they were added."""
        for key, callback in tuple(self._callbacks.items()):
            if key not in self._callbacks:
                continue  # taken off by one that was called before it
            try:
                callback(*event)
            except Exception:
                self._failed(key)
            else:
                if self._failing:
                    self._failing.discard(key)

    def _failed(self, key: object) -> None:
        self._metrics.task_failures.labels(self._name).inc()
        if key not in self._failing:
            logger.exception("a listener failed: %s", self._name)
        if key in self._callbacks:
            self._failing.add(key)
