"""Counts the viewers of a stream. A stream that nobody is watching is pulled and kept in cheaper ways."""

from collections.abc import Callable

from gateway.listeners import Listeners
from gateway.metrics import Metrics


class Watchers:
    """Counts the viewers of one stream. ``changed`` is called with True when the first arrives, and with False when the
    last has left."""

    def __init__(self, metrics: Metrics) -> None:
        self.changed: Listeners[bool] = Listeners("relay_watched", metrics)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self) -> Callable[[], None]:
        """Count one more viewer. Call the returned function when it leaves; calling it twice does no harm."""
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
