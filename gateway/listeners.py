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


class _Callback(Generic[*Event]):
    """One listener's function, and whether it failed when it was called last."""

    __slots__ = ("call", "failing", "removed")

    def __init__(self, call: Callable[[Unpack[Event]], object]) -> None:
        self.call = call
        self.failing = False
        self.removed = False


class Listeners(Generic[*Event]):
    """Callbacks for one kind of event, called within the event loop; ``name`` is the ``task`` label of their failures.

    Of failures of the same listener in a row only the first is logged: a picture is told thirty times a second.
    """

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._callbacks: tuple[_Callback[*Event], ...] = ()

    def __len__(self) -> int:
        return len(self._callbacks)

    def add(self, callback: Callable[[Unpack[Event]], object]) -> Callable[[], None]:
        """Call ``callback`` from now on. The result takes it off, at once and for good; twice does no harm."""
        added = _Callback[*Event](callback)
        self._callbacks = (*self._callbacks, added)

        def remove() -> None:
            added.removed = True
            self._callbacks = tuple(one for one in self._callbacks if one is not added)

        return remove

    def tell(self, *event: *Event) -> None:
        """Call all with ``event``, in the order in which they were added."""
        for callback in self._callbacks:
            if callback.removed:
                continue  # taken off by one that was called before it
            try:
                callback.call(*event)
            except Exception:
                self._metrics.task_failures.labels(self._name).inc()
                if not callback.failing:
                    logger.exception("a listener failed: %s", self._name)
                callback.failing = True
            else:
                callback.failing = False
