"""Counts those who watch a stream. What nobody watches is pulled and kept in cheaper ways."""

from collections.abc import Callable

from gateway.listeners import Listeners
from gateway.metrics import Metrics


class Watchers:
    """Those who watch one stream. ``changed`` is told True with the first, and False when the last one has left."""

    def __init__(self, metrics: Metrics) -> None:
        self.changed: Listeners[bool] = Listeners("relay_watched", metrics)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self) -> Callable[[], None]:
        """Count one more. The result takes it off; twice does no harm."""
        self._count += 1
        if self._count == 1:
            self.changed.tell(True)
        left = False

        def leave() -> None:
            nonlocal left
            if not left:
                left = True
                self._count -= 1
                if not self._count:
                    self.changed.tell(False)

        return leave
