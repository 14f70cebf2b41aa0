"""Callbacks that cannot harm each other: one that raises is dropped, counted and logged, the others go on."""

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from gateway.metrics import Metrics

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Listeners(Generic[T]):
    """An ordered set of callbacks for one kind of event; ``name`` is the ``task`` label of their failures."""

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._callbacks: dict[object, Callable[[T], None]] = {}

    def __len__(self) -> int:
        return len(self._callbacks)

    def add(self, callback: Callable[[T], None]) -> Callable[[], None]:
        """Call ``callback`` from now on. The result takes it off again, at once and for good; twice does no harm."""
        key = object()
        self._callbacks[key] = callback

        def remove() -> None:
            self._callbacks.pop(key, None)

        return remove

    def tell(self, event: T) -> None:
        """Call all with ``event``, in the order in which they were added."""
        for key, callback in tuple(self._callbacks.items()):
            if key not in self._callbacks:
                continue  # taken off by one that was called before it
            try:
                callback(event)
            except Exception:
                self._callbacks.pop(key, None)
                self._metrics.task_failures.labels(self._name).inc()
                logger.exception("%s failed and is no longer called", self._name)
