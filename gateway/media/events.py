"""What happens in the media, told to whoever listens. No asyncio: all is called from within the event loop."""

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from gateway.metrics import Metrics
from gateway.models import CameraId, SourceStatus, StreamName
from gateway.webrtc.interface import SessionEvent

logger = logging.getLogger(__name__)
T = TypeVar("T")

StreamKey = tuple[CameraId, StreamName]


class Signal(Generic[T]):
    """Callbacks for one kind of event. One that raises is logged and counted; the others, and it, are told the next."""

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._callbacks: dict[object, Callable[[T], None]] = {}

    def add(self, callback: Callable[[T], None]) -> Callable[[], None]:
        """Call ``callback`` from now on. The result takes it off again."""
        key = object()
        self._callbacks[key] = callback

        def remove() -> None:
            self._callbacks.pop(key, None)

        return remove

    def tell(self, event: T) -> None:
        """Call all with ``event``, in the order in which they were added."""
        for callback in tuple(self._callbacks.values()):
            try:
                callback(event)
            except Exception:
                logger.exception("a listener to %s failed", self._name)
                self._metrics.task_failures.labels(self._name).inc()


class MediaEvents:
    """One for a gateway, whatever the number of its processes.

    ``session``: something happened to a media session. ``status``: a pull has changed its state. ``timeline``: the map
    of a stream from RTP time to capture time has changed its meaning. ``picture``: a camera's content has stopped
    changing, or changes again.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.session: Signal[SessionEvent] = Signal("media_session", metrics)
        self.status: Signal[SourceStatus] = Signal("media_status", metrics)
        self.timeline: Signal[StreamKey] = Signal("media_timeline", metrics)
        self.picture: Signal[CameraId] = Signal("media_picture", metrics)
